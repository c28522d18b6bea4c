const LONGEST = 249
const ALLOWED = /^[a-zA-Z0-9._-]+$/

export const CONSUMER_OFFSETS_TOPIC = '__consumer_offsets'
export const TRANSACTION_STATE_TOPIC = '__transaction_state'
export const SHARE_GROUP_STATE_TOPIC = '__share_group_state'
/** KRaft's own log: nobody may have a topic of this name. */
export const CLUSTER_METADATA_TOPIC = '__cluster_metadata'

const INTERNAL = new Set([CONSUMER_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC, SHARE_GROUP_STATE_TOPIC])

/** Whether the brokers keep their own state in it. */
export function isInternalTopic(name: string): boolean {
  return INTERNAL.has(name)
}

/** Why a topic cannot be called this, undefined when it can (`org.apache.kafka.common.internals.Topic.validate`). */
export function topicNameFault(name: string): string | undefined {
  if (name === '') return 'the empty string is not allowed'
  if (name === '.' || name === '..') return `'${name}' is not allowed`
  if (name.length > LONGEST) {
    return `the length of '${name}' is longer than the max allowed length ${LONGEST}`
  }
  if (!ALLOWED.test(name)) {
    return `'${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  return undefined
}

/** As brokers say it: the message of InvalidTopicException. */
export function invalidTopicMessage(name: string): string | undefined {
  const fault = topicNameFault(name)
  return fault === undefined ? undefined : `Topic name is invalid: ${fault}`
}

/**
 * Names of topics with the same result cannot live beside each other: in the names of metrics, `.` becomes `_`.
 * undefined for a name that has neither and so collides with nothing.
 */
export function unifiedTopicName(name: string): string | undefined {
  return name.includes('_') || name.includes('.') ? name.replaceAll('.', '_') : undefined
}
