import { includes } from '../../../../protocol/schema.ts'
import { type Subject, subjects, versionsOf } from '../../../helpers/messages/catalogue.ts'
import type { DefinitionSource } from './kafka-definition.ts'
import { type DefinedMessage, newestDefinitions } from './newest-definition.ts'
import { resolveDeclared } from './resolve-declared.ts'
import { countFields, differences } from './resolved.ts'

export interface Comparison {
  readonly messages: number
  readonly versions: number
  readonly fields: number
  /** One line for each difference. */
  readonly differences: readonly string[]
}

/**
 * Compares every message of Kafka, in every version that any source has, with what is declared, and the other way
 * round: a declared message or version that no source has is a difference too.
 */
export function compareWithKafka(sources: readonly DefinitionSource[]): Comparison {
  const defined = newestDefinitions(sources)
  const found: string[] = []
  let versions = 0
  let fields = 0
  for (const subject of subjects) {
    const { message } = subject
    const kafka = defined.get(idOf(subject))
    if (!kafka) {
      found.push(`${message.name}: declared, but no definition has it`)
      continue
    }
    defined.delete(kafka.id)
    found.push(...compareHead(subject, kafka).map((line) => `${message.name}: ${line}`))
    for (const { version, resolved, source } of kafka.versions.values()) {
      if (!includes(message.versions, version)) continue
      versions++
      fields += countFields(resolved.fields)
      const declared = resolveDeclared(message, version)
      if (resolved.flexible !== declared.flexible) {
        found.push(`${message.name} v${version} (${source}): flexible is ${resolved.flexible} in Kafka`)
      }
      for (const line of differences(resolved.fields, declared.fields)) {
        found.push(`${message.name} v${version} (${source}): ${line}`)
      }
    }
  }
  for (const id of defined.keys()) found.push(`${id}: defined by Kafka, but not declared`)
  return { messages: subjects.length, versions, fields, differences: found }
}

function idOf({ message, api }: Subject): string {
  if (!api) return message.name
  return `${message === api.request ? 'request' : 'response'} ${api.key}`
}

/** What stands beside the fields: name, versions, where it is served, which version is unstable. */
function compareHead({ message, api, record }: Subject, { newest, versions }: DefinedMessage): string[] {
  const lines: string[] = []
  const check = (what: string, kafka: unknown, declared: unknown) => {
    if (String(kafka) !== String(declared)) lines.push(`${what}: ${kafka} in Kafka, ${declared} as declared`)
  }
  const numbers = [...versions.keys()].sort((a, b) => a - b)
  check('versions', numbers, versionsOf(message))
  if (record && message === record.key) check('record type', newest.apiKey, record.type)
  if (!api) return lines
  check('name', newest.name, message.name)
  if (message !== api.request) return lines
  check('listeners', [...(newest.listeners ?? [])].sort(), [...api.listeners].sort())
  const unstable = numbers.filter((version) => newest.latestVersionUnstable && version === numbers.at(-1))
  check(
    'unstable versions',
    unstable,
    numbers.filter((version) => includes(api.unstable, version)),
  )
  return lines
}
