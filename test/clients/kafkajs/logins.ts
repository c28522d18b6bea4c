/** What clients do by SASL, each line of the file at the same time as the others (see logins.ts), by kafkajs. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Consumer, Kafka, type KafkaConfig, logLevel, type Producer, type SASLOptions } from 'kafkajs'

const RECORDS = 20
const SEND_EVERY_MS = 10
const EXPIRY_SEND_EVERY_MS = 100
const PATIENCE_MS = 15_000
/** kafkajs authenticates again when less than this is left of the session, and not before a request. */
const REAUTHENTICATION_THRESHOLD_MS = 300

class Login {
  readonly name: string
  readonly kind: string
  readonly #bootstrap: string
  readonly #ca: string
  readonly #mechanism: string
  readonly #user: string
  readonly #password: string
  readonly #tokenUrl: string
  readonly #topic: string
  readonly #milliseconds: number

  constructor(line: string) {
    const [name, kind, bootstrap, ca, mechanism, user, password, tokenUrl, topic, milliseconds] =
      line.split('\t')
    this.name = name as string
    this.kind = kind as string
    this.#bootstrap = bootstrap as string
    this.#ca = ca as string
    this.#mechanism = mechanism as string
    this.#user = user as string
    this.#password = password as string
    this.#tokenUrl = tokenUrl as string
    this.#topic = topic as string
    this.#milliseconds = Number(milliseconds)
  }

  async run(): Promise<void> {
    try {
      if (this.kind === 'login') await this.#login()
      else if (this.kind === 'flow') await this.#flow()
      else await this.#expire()
    } catch (error) {
      const { name, message } = error as Error
      const isRefused = name === 'KafkaJSSASLAuthenticationError' || message.includes('SASL state')
      this.#say(isRefused ? 'REFUSED' : 'FAILED', error)
    }
  }

  async #login(): Promise<void> {
    const kafka = this.#kafka()
    await withProducer(kafka, async (producer) => {
      for (let number = 0; number < RECORDS; number++) await this.#send(producer, number)
    })
    const reader = new Reader(kafka, this.#topic)
    await reader.start()
    await reader.until(RECORDS)
    await reader.stop()
    this.#say('IN')
  }

  async #flow(): Promise<void> {
    const kafka = this.#kafka()
    await withProducer(kafka, async (producer) => {
      await this.#send(producer, 0)
      const reader = new Reader(kafka, this.#topic)
      await reader.start()
      await reader.until(1)
      this.#say('FLOWING')
      let sent = 1
      for (const end = performance.now() + this.#milliseconds; performance.now() < end; sent++) {
        await this.#send(producer, sent)
        await sleep(SEND_EVERY_MS)
      }
      await reader.until(sent)
      await reader.stop()
      this.#say('FLOWED', sent)
    })
  }

  async #expire(): Promise<void> {
    await withProducer(this.#kafka(), async (producer) => {
      await this.#send(producer, 0)
      this.#say('IN')
      let sent = 1
      try {
        for (; ; sent++) {
          await sleep(EXPIRY_SEND_EVERY_MS)
          await this.#send(producer, sent)
        }
      } catch (error) {
        this.#say('CUT', sent, error)
      }
    })
  }

  async #send(producer: Producer, number: number): Promise<void> {
    await producer.send({ topic: this.#topic, messages: [{ partition: 0, value: String(number) }] })
  }

  #kafka(): Kafka {
    const config: KafkaConfig = {
      brokers: [this.#bootstrap],
      logLevel: logLevel.NOTHING,
      connectionTimeout: PATIENCE_MS,
      authenticationTimeout: PATIENCE_MS,
      reauthenticationThreshold: REAUTHENTICATION_THRESHOLD_MS,
      retry: { retries: 2, initialRetryTime: 100 },
      sasl: this.#sasl(),
      ...(this.#ca === '-' ? {} : { ssl: { ca: readFileSync(this.#ca) } }),
    }
    return new Kafka(config)
  }

  #sasl(): SASLOptions {
    const [username, password] = [this.#user, this.#password]
    if (this.#mechanism !== 'OAUTHBEARER') {
      return { mechanism: this.#mechanism.toLowerCase(), username, password } as SASLOptions
    }
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: await this.#token() }) }
  }

  /** Asks the endpoint each time, keeping the last where it gives no other; without an endpoint, nobody signs. */
  async #token(): Promise<string> {
    if (this.#tokenUrl === '-') {
      const now = Math.floor(Date.now() / 1000)
      const parts = [{ alg: 'none' }, { sub: this.#user, iat: now, exp: now + 3_600 }]
      const encoded = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      return `${encoded.join('.')}.`
    }
    const authorization = `Basic ${Buffer.from(`${this.#user}:${this.#password}`).toString('base64')}`
    const body = new URLSearchParams({ grant_type: 'client_credentials' })
    const response = await fetch(this.#tokenUrl, { method: 'POST', headers: { authorization }, body })
    const { access_token: token } = (await response.json()) as { access_token?: string }
    this.#lastToken = token ?? this.#lastToken
    return this.#lastToken
  }

  #lastToken = ''

  #say(what: string, ...more: unknown[]): void {
    console.log([what, this.name, ...more].join(' ').replaceAll('\n', ' '))
  }
}

/** Each record must be the next one. */
class Reader {
  readonly #consumer: Consumer
  readonly #topic: string
  #next = 0
  #failure: unknown

  constructor(kafka: Kafka, topic: string) {
    this.#consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 })
    this.#topic = topic
  }

  async start(): Promise<void> {
    this.#consumer.on('consumer.crash', ({ payload }) => {
      this.#failure ??= payload.error
    })
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topic: this.#topic, fromBeginning: true })
    await this.#consumer.run({
      eachMessage: async ({ message }) => {
        const expected = this.#next++
        if (String(message.value) === String(expected) && Number(message.offset) === expected) return
        this.#failure ??= new Error(`record ${expected} is ${message.value} at ${message.offset}`)
      },
    })
  }

  async until(count: number): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS
    while (this.#next < count && this.#failure === undefined) {
      if (performance.now() > deadline) throw new Error(`only ${this.#next} records of ${count}`)
      await sleep(SEND_EVERY_MS)
    }
    if (this.#failure !== undefined) throw this.#failure
    if (this.#next > count) throw new Error(`${this.#next} records of ${count}`)
  }

  async stop(): Promise<void> {
    await this.#consumer.disconnect()
  }
}

async function withProducer(kafka: Kafka, work: (producer: Producer) => Promise<void>): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  try {
    await work(producer)
  } finally {
    await producer.disconnect()
  }
}

const file = process.argv[process.argv.indexOf('--logins') + 1] as string
const lines = readFileSync(file, 'utf8').trim().split('\n')
await Promise.all(lines.map((line) => new Login(line).run()))
process.exit(0)
