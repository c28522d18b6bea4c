import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { connectAssignment, connectWorkerState } from '../../../protocol/formats/connect-protocol.ts'
import type { Message } from '../../../protocol/schema.ts'
import { repositoryRoot } from '../real-kafka/classpath.ts'
import { subjectNamed } from './catalogue.ts'

/** One value of one message in one version as Kafka wrote it. */
export interface FixtureVector {
  readonly message: Message
  readonly version: number
  readonly bytes: Buffer
  /** As Kafka's own converters render it; see `render`. */
  readonly json: string
}

/** Made by `test/conformance/messages/make-fixtures.ts`: lines of name, version, Base64, JSON. */
export const fixtureFile = join(repositoryRoot(), 'fixtures', 'messages', 'vectors.txt.gz')

export function readFixtures(): FixtureVector[] {
  const lines = gunzipSync(readFileSync(fixtureFile)).toString('utf8').split('\n')
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const [name, version, base64] = line.split(' ', 3) as [string, string, string]
      const json = line.slice(name.length + version.length + base64.length + 3)
      const message = messageNamed(name)
      return { message, version: Number(version), bytes: Buffer.from(base64, 'base64'), json }
    })
}

export function fixtureLine({ message, version, bytes, json }: FixtureVector): string {
  return `${message.name} ${version} ${bytes.toString('base64')} ${json}`
}

function messageNamed(name: string): Message {
  for (const message of [connectWorkerState, connectAssignment]) if (message.name === name) return message
  return subjectNamed(name).message
}
