import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One field as Kafka's message definitions write it. */
export interface KafkaField {
  readonly name: string
  readonly type: string
  /** Those in which it is tagged, where not said. */
  readonly versions?: string
  readonly nullableVersions?: string
  readonly tag?: number
  readonly taggedVersions?: string
  readonly flexibleVersions?: string
  /** JSON's null is the same as no default; the default null is written as text. */
  readonly default?: string | number | boolean | null
  readonly fields?: readonly KafkaField[]
}

export interface KafkaStruct {
  readonly name: string
  readonly fields: readonly KafkaField[]
}

/** One of Kafka's message definitions. */
export interface KafkaDefinition {
  readonly name: string
  readonly type: 'request' | 'response' | 'header' | 'data' | 'coordinator-key' | 'coordinator-value'
  readonly apiKey?: number
  readonly validVersions: string
  readonly flexibleVersions?: string
  readonly listeners?: readonly string[]
  readonly latestVersionUnstable?: boolean
  /** Missing where an API was removed. */
  readonly fields?: readonly KafkaField[]
  readonly commonStructs?: readonly KafkaStruct[]
}

/** Definitions of one age; the newest comes first in a list of them. */
export interface DefinitionSource {
  readonly title: string
  readonly definitions: readonly KafkaDefinition[]
}

/** Reads every definition below the folders. */
export function readDefinitions(title: string, folders: readonly string[]): DefinitionSource {
  const definitions = folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .sort()
      .map((file) => parseDefinition(readFileSync(join(folder, file), 'utf8'))),
  )
  return { title, definitions }
}

/** Kafka's definitions are JSON with comments to the end of the line. */
function parseDefinition(text: string): KafkaDefinition {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|\/\/[^\n]*/g, (part) => (part.startsWith('"') ? part : ''))
  return JSON.parse(bare) as KafkaDefinition
}
