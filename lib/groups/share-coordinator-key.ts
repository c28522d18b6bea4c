const KEY = /^(.*\S.*):([\w-]{22}):([+-]?\d+)$/s

/**
 * A partition of a share group as coordinators are looked up by it, `groupId:topicId:partition`, in the one notation
 * that is hashed; undefined when the text is not that (`SharePartitionKey`).
 */
export function shareCoordinatorKey(text: string): string | undefined {
  const match = KEY.exec(text)
  if (!match) return undefined
  const [, groupId, topicId, partition] = match
  // The last of the 22 characters carries bits that no byte of the UUID has.
  const uuid = Buffer.from(topicId as string, 'base64url').toString('base64url')
  return `${groupId}:${uuid}:${Number(partition)}`
}
