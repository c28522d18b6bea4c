import { createTopics } from '../../protocol/messages/create-topics.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import { offsetCommit } from '../../protocol/messages/offset-commit.ts'
import type { RawClient } from '../helpers/raw-client.ts'
import { Persistent } from './persistent.ts'

const TOPIC_ALREADY_EXISTS = 36

/** Creates one topic after the other. */
export class TopicCreator extends Persistent {
  readonly created: string[] = []
  readonly #most: number

  constructor(most: number) {
    super()
    this.#most = most
  }

  protected async work(client: RawClient): Promise<void> {
    while (this.isWanted && this.created.length < this.#most) {
      const name = `made-${this.created.length}`
      const topics = [{ name, numPartitions: 1, replicationFactor: 1 }]
      const answer = await client.send(createTopics, 5, { timeoutMs: 10_000, topics })
      const errorCode = answer.topics[0]?.errorCode
      if (errorCode === 0 || errorCode === TOPIC_ALREADY_EXISTS) this.created.push(name)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** Commits ever higher offsets of a group. */
export class Committer extends Persistent {
  readonly groupId = 'committer'
  readonly topic: string
  acknowledged = -1
  /** The last one that was sent. */
  sent = -1

  constructor(topic: string) {
    super()
    this.topic = topic
  }

  protected async work(client: RawClient): Promise<void> {
    const { errorCode } = await client.send(findCoordinator, 2, { keyType: 0, key: this.groupId })
    if (errorCode !== 0) return
    while (this.isWanted) {
      const offset = ++this.sent
      const partitions = [{ partitionIndex: 0, committedOffset: offset, committedMetadata: null }]
      const answer = await client.send(offsetCommit, 5, {
        groupId: this.groupId,
        topics: [{ name: this.topic, partitions }],
      })
      if (answer.topics[0]?.partitions[0]?.errorCode !== 0) return
      this.acknowledged = offset
    }
  }
}
