import { setTimeout as sleep } from 'node:timers/promises'
import { findCoordinator } from '../../../protocol/messages/find-coordinator.ts'
import { incrementalAlterConfigs } from '../../../protocol/messages/incremental-alter-configs.ts'
import { metadata } from '../../../protocol/messages/metadata.ts'
import { shareFetch } from '../../../protocol/messages/share-fetch.ts'
import { shareGroupHeartbeat } from '../../../protocol/messages/share-group-heartbeat.ts'
import type { RawClient } from '../../helpers/raw-client.ts'
import { type Play, TOPIC } from './part.ts'

const WHO = { groupId: 'sharers', memberId: Buffer.alloc(16, 65).toString('base64url') }
const GROUP = 32
const TRIES = 200
const [FIRST_WAIT_MS, ACCEPT] = [5_000, 1]

/** Of a member of a share group. */
export const SHARE_PLAYS: Readonly<Record<string, Play>> = {
  'member of a share group': {
    quotas: { consumer_byte_rate: 2_500 },
    async play(part) {
      const client = await part.connect()
      await join(client)
      const { topics } = await client.send(metadata, 12, { topics: [{ name: TOPIC }] })
      const topicId = topics[0]?.topicId as string
      const take = async (shareSessionEpoch: number, first: number) => {
        const acknowledgementBatches =
          first < 0 ? [] : [{ firstOffset: first, lastOffset: first, acknowledgeTypes: [ACCEPT] }]
        const answer = await client.send(shareFetch, 2, {
          ...WHO,
          shareSessionEpoch,
          maxWaitMs: FIRST_WAIT_MS,
          minBytes: 1,
          maxBytes: 2 ** 20,
          maxRecords: 2,
          batchSize: 1,
          topics: [{ topicId, partitions: [{ partitionIndex: 1, acknowledgementBatches }] }],
        })
        const told = answer.responses.flatMap(({ partitions }) =>
          partitions.map(({ errorCode, acknowledgeErrorCode, acquiredRecords, records }) => {
            return [errorCode, acknowledgeErrorCode, acquiredRecords, records?.length ?? 0]
          }),
        )
        part.say(`${answer.errorCode} ${JSON.stringify(told)}`)
        return answer.throttleTimeMs
      }
      part.wait('the first', await take(0, -1), 0, 0)
      part.wait('the second', await take(1, 0), 0, 0)
      part.wait('the third', await take(2, 2), 500, 5_000)
      // What was acquired for the third is nobody's until its lock is over.
      part.wait('the fourth', await take(3, 3), 0, 5_000)
    },
  },
}

async function join(client: RawClient): Promise<void> {
  const configs = [{ name: 'share.auto.offset.reset', configOperation: 0, value: 'earliest' }]
  const resources = [{ resourceType: GROUP, resourceName: WHO.groupId, configs }]
  await client.send(incrementalAlterConfigs, 1, { resources, validateOnly: false })
  let memberEpoch = 0
  for (let tries = 0; tries < TRIES; tries++) {
    await client.send(findCoordinator, 4, { keyType: 0, coordinatorKeys: [WHO.groupId] })
    const beat = { ...WHO, memberEpoch, subscribedTopicNames: [TOPIC] }
    const answer = await client.send(shareGroupHeartbeat, 1, beat)
    if (answer.errorCode === 0) memberEpoch = answer.memberEpoch
    if (answer.assignment?.topicPartitions.length) return
    await sleep(50)
  }
  throw new Error('a member of a share group was given nothing')
}
