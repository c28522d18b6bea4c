import { alterConfigs } from '../../../protocol/messages/alter-configs.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { describeConfigs } from '../../../protocol/messages/describe-configs.ts'
import { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { RawClient } from '../../helpers/raw-client.ts'

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

export type WireAltered = WireResource & { readonly configs: readonly WireConfig[] }

/** The few requests about configs, wrong ones too, which no client would send. */
export class ConfigWire {
  readonly #client: RawClient

  private constructor(client: RawClient) {
    this.#client = client
  }

  static async connect(address: string): Promise<ConfigWire> {
    return new ConfigWire(await RawClient.connect(address, 'conformance'))
  }

  close(): Promise<void> {
    return this.#client.close()
  }

  /** One topic of one partition. */
  async createTopic(name: string, configs: readonly WireConfig[], validateOnly: boolean): Promise<WireError> {
    const topics = [{ name, numPartitions: 1, replicationFactor: 1, configs }]
    const response = await this.#client.send(createTopics, 4, { topics, timeoutMs: 30_000, validateOnly })
    return errorOf(response.topics[0])
  }

  async incrementalAlterConfigs(
    resources: readonly WireAltered[],
    validateOnly = false,
  ): Promise<WireError[]> {
    const request = { resources, validateOnly }
    return (await this.#client.send(incrementalAlterConfigs, 0, request)).responses.map(errorOf)
  }

  async alterConfigs(resources: readonly WireAltered[], validateOnly = false): Promise<WireError[]> {
    return (await this.#client.send(alterConfigs, 1, { resources, validateOnly })).responses.map(errorOf)
  }

  /** One resource, with synonyms. */
  async describeConfigs(resource: WireResource): Promise<WireError & { configs: WireDescribed[] }> {
    const resources = [{ ...resource, configurationKeys: null }]
    const { results } = await this.#client.send(describeConfigs, 3, { resources, includeSynonyms: true })
    const configs = results[0]?.configs.map(({ isDefault: _, documentation: __, ...config }) => config) ?? []
    return { ...errorOf(results[0]), configs }
  }
}

function errorOf(answer: WireError | undefined): WireError {
  if (answer === undefined) throw new Error('an answer without a result')
  return { errorCode: answer.errorCode, errorMessage: answer.errorMessage }
}
