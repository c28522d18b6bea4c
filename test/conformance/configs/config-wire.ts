import { connect, type Socket } from 'node:net'

/**
 * The few requests about configs, written by hand in versions without compact fields: what a broker answers must not be judged
 * with the codecs that are to be proven by it, and no client sends the wrong requests that are wanted here.
 */
export interface WireConfig {
  name: string
  value: string | null
  configOperation?: number
}

export interface WireResource {
  resourceType: number
  resourceName: string
}

export interface WireError {
  errorCode: number
  errorMessage: string | null
}

export interface WireDescribed {
  name: string
  value: string | null
  readOnly: boolean
  configSource: number
  isSensitive: boolean
  synonyms: { name: string; value: string | null; source: number }[]
  configType: number
}

class Out {
  #parts: Buffer[] = []

  int8(value: number): this {
    return this.#add(1, (part) => part.writeInt8(value))
  }

  int16(value: number): this {
    return this.#add(2, (part) => part.writeInt16BE(value))
  }

  int32(value: number): this {
    return this.#add(4, (part) => part.writeInt32BE(value))
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1)
    const bytes = Buffer.from(value)
    this.int16(bytes.length)
    this.#parts.push(bytes)
    return this
  }

  array<T>(values: readonly T[] | null, each: (value: T) => void): this {
    this.int32(values === null ? -1 : values.length)
    for (const value of values ?? []) each(value)
    return this
  }

  #add(size: number, write: (part: Buffer) => void): this {
    const part = Buffer.alloc(size)
    write(part)
    this.#parts.push(part)
    return this
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

class In {
  #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  #skip(size: number): number {
    this.#at += size
    return this.#at - size
  }

  int8(): number {
    return this.#bytes.readInt8(this.#skip(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4))
  }

  string(): string | null {
    const size = this.int16()
    if (size < 0) return null
    const start = this.#skip(size)
    return this.#bytes.toString('utf8', start, start + size)
  }

  array<T>(each: () => T): T[] {
    return Array.from({ length: this.int32() }, each)
  }
}

/** One connection to a broker; one request at a time. */
export class ConfigWire {
  #socket: Socket
  #received = Buffer.alloc(0)
  #waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void } | undefined
  #correlationId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      if (this.#received.length < 4) return
      const size = this.#received.readInt32BE(0)
      if (this.#received.length < 4 + size) return
      const frame = this.#received.subarray(4, 4 + size)
      this.#received = this.#received.subarray(4 + size)
      this.#waiting?.resolve(frame)
    })
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => this.#waiting?.reject(new Error('the broker closed the connection')))
  }

  static async connect(address: string): Promise<ConfigWire> {
    const [host, port] = address.split(':') as [string, string]
    const socket = connect(Number(port), host)
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new ConfigWire(socket)
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  async #ask(apiKey: number, version: number, body: (out: Out) => void): Promise<In> {
    const out = new Out()
      .int16(apiKey)
      .int16(version)
      .int32(++this.#correlationId)
      .string('conformance')
    body(out)
    const bytes = out.bytes()
    const answer = new Promise<Buffer>((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
    this.#socket.write(Buffer.concat([new Out().int32(bytes.length).bytes(), bytes]))
    const response = new In(await answer)
    if (response.int32() !== this.#correlationId) throw new Error('an answer to another request')
    return response
  }

  /** CreateTopics v4, one topic of one partition. */
  async createTopic(name: string, configs: readonly WireConfig[], validateOnly: boolean): Promise<WireError> {
    const response = await this.#ask(19, 4, (out) => {
      out.array([name], (topic) => {
        out.string(topic).int32(1).int16(1)
        out.array([], () => {})
        out.array(configs, (config) => out.string(config.name).string(config.value))
      })
      out.int32(30_000).int8(validateOnly ? 1 : 0)
    })
    response.int32()
    const [result] = response.array(() => {
      response.string()
      return { errorCode: response.int16(), errorMessage: response.string() }
    })
    return result as WireError
  }

  /** IncrementalAlterConfigs v0. */
  incrementalAlterConfigs(
    resources: readonly (WireResource & { configs: readonly WireConfig[] })[],
    validateOnly = false,
  ): Promise<WireError[]> {
    return this.#alter(44, 0, resources, validateOnly, (out, config) => {
      out
        .string(config.name)
        .int8(config.configOperation ?? 0)
        .string(config.value)
    })
  }

  /** AlterConfigs v1. */
  alterConfigs(
    resources: readonly (WireResource & { configs: readonly WireConfig[] })[],
    validateOnly = false,
  ): Promise<WireError[]> {
    return this.#alter(33, 1, resources, validateOnly, (out, config) => {
      out.string(config.name).string(config.value)
    })
  }

  async #alter(
    apiKey: number,
    version: number,
    resources: readonly (WireResource & { configs: readonly WireConfig[] })[],
    validateOnly: boolean,
    write: (out: Out, config: WireConfig) => void,
  ): Promise<WireError[]> {
    const response = await this.#ask(apiKey, version, (out) => {
      out.array(resources, (resource) => {
        out.int8(resource.resourceType).string(resource.resourceName)
        out.array(resource.configs, (config) => write(out, config))
      })
      out.int8(validateOnly ? 1 : 0)
    })
    response.int32()
    return response.array(() => {
      const error = { errorCode: response.int16(), errorMessage: response.string() }
      response.int8()
      response.string()
      return error
    })
  }

  /** DescribeConfigs v3 of one resource, with synonyms. */
  async describeConfigs(resource: WireResource): Promise<WireError & { configs: WireDescribed[] }> {
    const response = await this.#ask(32, 3, (out) => {
      out.array([resource], ({ resourceType, resourceName }) => {
        out.int8(resourceType).string(resourceName).int32(-1)
      })
      out.int8(1).int8(0)
    })
    response.int32()
    const [result] = response.array(() => {
      const error = { errorCode: response.int16(), errorMessage: response.string() }
      response.int8()
      response.string()
      const configs = response.array(() => {
        const described = {
          name: response.string() as string,
          value: response.string(),
          readOnly: response.int8() === 1,
          configSource: response.int8(),
          isSensitive: response.int8() === 1,
          synonyms: response.array(() => ({
            name: response.string() as string,
            value: response.string(),
            source: response.int8(),
          })),
          configType: response.int8(),
        }
        response.string()
        return described
      })
      return { ...error, configs }
    })
    return result as WireError & { configs: WireDescribed[] }
  }
}
