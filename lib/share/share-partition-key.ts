/** A partition as one share group consumes it (`SharePartitionKey`). */
export interface SharePartitionKey {
  readonly groupId: string
  readonly topicId: string
  readonly partition: number
}

/** What its coordinator is found by, and what it is kept under. */
export function keyText({ groupId, topicId, partition }: SharePartitionKey): string {
  return `${groupId}:${topicId}:${partition}`
}
