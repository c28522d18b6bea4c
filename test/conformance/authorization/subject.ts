import {
  AclOperation,
  CLUSTER_NAME,
  PatternType,
  PermissionType,
  ResourceType,
} from '../../../lib/security/authorization/acl.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { createAcls } from '../../../protocol/messages/create-acls.ts'
import { createTopics } from '../../../protocol/messages/create-topics.ts'
import { describeAcls } from '../../../protocol/messages/describe-acls.ts'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { initProducerId } from '../../../protocol/messages/init-producer-id.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { saslAuthenticate } from '../../../protocol/messages/sasl-authenticate.ts'
import { saslHandshake } from '../../../protocol/messages/sasl-handshake.ts'
import { type Api, ZERO_UUID } from '../../../protocol/schema.ts'
import { TOPIC_NAMES } from '../../helpers/authorization/question.ts'
import { RawClient } from '../../helpers/raw-client.ts'
import { ACLS, SUPER_USER } from './rules.ts'

/** Topics that only mark a point in time; nobody compares them. */
export const MARKER = 'zz-marker-'
/** The id of topics that are not there. */
export const NOBODYS_ID = 'QUJDREVGR0hJSktMTU5PUA'
const PATIENCE_MS = 30_000

/** A cluster that users ask, ours or Kafka's. */
export class Subject {
  readonly clusterId: string
  readonly address: string
  readonly #admin: RawClient
  #versions = new Map<number, { min: number; max: number }>()
  readonly topicIds = new Map<string, string>()
  #markers = 0

  private constructor(clusterId: string, address: string, admin: RawClient) {
    this.clusterId = clusterId
    this.address = address
    this.#admin = admin
  }

  /** With the topics and the rules that the questions are about. */
  static async prepare(clusterId: string, address: string): Promise<Subject> {
    const subject = new Subject(clusterId, address, await logIn(address, SUPER_USER))
    const { apiKeys } = await subject.#admin.send(apiVersions, 0, {})
    subject.#versions = new Map(
      apiKeys.map(({ apiKey, minVersion: min, maxVersion: max }) => [apiKey, { min, max }]),
    )
    await subject.#makeTopics()
    await subject.#makeAcls()
    return subject
  }

  versionsOf(api: Api): { min: number; max: number } | undefined {
    return this.#versions.get(api.key)
  }

  topicId(name: string): string {
    return this.topicIds.get(name) ?? NOBODYS_ID
  }

  /** Waits until the broker has seen everything that the controller did before this call. */
  async catchUp(): Promise<void> {
    const name = `${MARKER}${this.#markers++}`
    await this.#create([name])
    await this.#until(async () => (await this.#idOf(name)) !== ZERO_UUID)
  }

  close(): Promise<void> {
    return this.#admin.close()
  }

  async #makeTopics(): Promise<void> {
    const present = TOPIC_NAMES.slice(0, 3)
    await this.#create(present)
    await this.catchUp()
    for (const name of present) this.topicIds.set(name, await this.#idOf(name))
    // Coordinators' topics are made when they are first asked for.
    const keys = [
      [0, 'g1'],
      [1, 't1'],
      [2, 'g1:AAAAAAAAAAAAAAAAAAAAAA:0'],
    ] as const
    for (const [keyType, key] of keys) {
      await this.#until(async () => {
        const { coordinators } = await this.#admin.send(findCoordinator, 6, {
          keyType,
          coordinatorKeys: [key],
        })
        return coordinators[0]?.errorCode === 0
      })
    }
    await this.#until(async () => {
      const request = { transactionalId: 't1', transactionTimeoutMs: 5_000 }
      return (await this.#admin.send(initProducerId, 4, request)).errorCode === 0
    })
  }

  async #makeAcls(): Promise<void> {
    const creations = ACLS.map(({ principal, operation, resourceType, ...rest }) => ({
      principal,
      operation: AclOperation[operation],
      resourceType: ResourceType[resourceType],
      resourceName: rest.resourceName ?? CLUSTER_NAME,
      resourcePatternType: PatternType[rest.patternType ?? 'LITERAL'],
      host: rest.host ?? '*',
      permissionType: PermissionType[rest.permissionType ?? 'ALLOW'],
    }))
    const { results } = await this.#admin.send(createAcls, 3, { creations })
    const failed = results.find(({ errorCode }) => errorCode !== 0)
    if (failed) throw new Error(`an ACL was refused: ${failed.errorMessage}`)
    const any = { resourceTypeFilter: 1, patternTypeFilter: 1, operation: 1, permissionType: 1 }
    await this.#until(async () => {
      const filter = { ...any, resourceNameFilter: null, principalFilter: null, hostFilter: null }
      const { resources } = await this.#admin.send(describeAcls, 3, filter)
      return resources.flatMap(({ acls }) => acls).length === creations.length
    })
  }

  async #create(names: readonly string[]): Promise<void> {
    const topics = names.map((name) => {
      return { name, numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] }
    })
    await this.#admin.send(createTopics, 7, { topics })
  }

  async #idOf(name: string): Promise<string> {
    const { topics } = await this.#admin.send(metadata, 12, { topics: [{ name }] })
    return topics[0]?.topicId ?? ZERO_UUID
  }

  async #until(holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS
    while (!(await holds())) {
      if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${holds}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** Everybody's password is their name. */
export async function logIn(address: string, user: string): Promise<RawClient> {
  const client = await RawClient.connect(address)
  await client.send(saslHandshake, 1, { mechanism: 'PLAIN' })
  const { errorCode, errorMessage } = await client.send(saslAuthenticate, 2, {
    authBytes: Buffer.from(`\0${user}\0${user}`),
  })
  if (errorCode !== 0) throw new Error(`${user} cannot log in: ${errorMessage}`)
  return client
}
