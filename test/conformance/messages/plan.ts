import { connectAssignment, connectWorkerState } from '../../../protocol/formats/connect-protocol.ts'
import type { Message } from '../../../protocol/schema.ts'
import { subjectNamed, subjects } from '../../helpers/messages/catalogue.ts'
import { type DefinitionSource, readDefinitions } from './definitions/kafka-definition.ts'
import { newestDefinitions } from './definitions/newest-definition.ts'
import { besideDefinitionsFolder, newestDefinitionsFolder, oldDefinitionsFolder } from './java.ts'

/** The sets of jars that the pom brings; each is a folder under target/. */
export type JarSet = 'newest' | 'old' | 'connect'

/** One message in one version, and which of Kafka's classes can make it. */
export interface Target {
  readonly jars: JarSet
  /** As Java knows it; the key of an older coordinator record carries its type as its version there. */
  readonly className: string
  readonly classVersion: number
  readonly message: Message
  readonly version: number
}

/** Every version of every message. The first source is that of the newest jars. */
export function targets(sources: readonly DefinitionSource[]): Target[] {
  const byApi = new Map<string, Message>(
    subjects.flatMap(({ api, message }) =>
      api ? [[`${message === api.request ? 'request' : 'response'} ${api.key}`, message] as const] : [],
    ),
  )
  const planned: Target[] = []
  for (const { id, versions } of newestDefinitions(sources).values()) {
    const message = byApi.get(id) ?? subjectNamed(id).message
    for (const { version, source, definition, definedAs } of versions.values()) {
      const jars = source === sources[0]?.title ? 'newest' : 'old'
      planned.push({ jars, className: definition.name, classVersion: definedAs, message, version })
    }
  }
  for (const message of [connectWorkerState, connectAssignment]) {
    for (const version of [0, 1, 2]) {
      planned.push({ jars: 'connect', className: message.name, classVersion: version, message, version })
    }
  }
  return planned
}

/** Kafka's definitions, the newest first; read after `buildJava`. */
export function definitionSources(): DefinitionSource[] {
  return [
    readDefinitions('newest', [newestDefinitionsFolder]),
    readDefinitions('before old versions were dropped', [besideDefinitionsFolder]),
    readDefinitions('old', [oldDefinitionsFolder]),
  ]
}
