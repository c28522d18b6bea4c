export interface NamedTopic {
  readonly name: string
  readonly topicId?: string
}

interface TopicErrors {
  name: string
  topicId: string
  partitions: { partitionIndex: number; errorCode: number }[]
}

/**
 * Error codes by topic and partition, as they are added; a topic that is named twice stands once. Kafka's responses first
 * have what was wrong before the coordinator was asked.
 */
export class PartitionErrors {
  readonly topics: TopicErrors[] = []
  #byTopic = new Map<string, TopicErrors>()
  #useTopicIds: boolean

  constructor(useTopicIds = false) {
    this.#useTopicIds = useTopicIds
  }

  add({ name, topicId = '' }: NamedTopic, partitionIndex: number, errorCode: number): void {
    const key = this.#useTopicIds ? topicId : name
    let topic = this.#byTopic.get(key)
    if (!topic) {
      topic = { name, topicId, partitions: [] }
      this.#byTopic.set(key, topic)
      this.topics.push(topic)
    }
    topic.partitions.push({ partitionIndex, errorCode })
  }
}
