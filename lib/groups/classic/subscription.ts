import { codecOf } from '../../../protocol/codec.ts'
import { ProtocolError } from '../../../protocol/error.ts'
import { consumerProtocolSubscription } from '../../../protocol/formats/consumer-protocol-subscription.ts'
import { Reader } from '../../../protocol/primitives/reader.ts'
import type { ClassicMember } from './member.ts'

const VERSION_SIZE = 2

/**
 * The topics that the members subscribe to, or undefined when one of them did not tell it in a form that can be read.
 * Every version of the consumer protocol begins with what version 0 holds, so newer ones are read as that.
 */
export function subscribedTopics(
  members: Iterable<ClassicMember>,
  protocolName: string,
): Set<string> | undefined {
  const topics = new Set<string>()
  try {
    for (const member of members) {
      const metadata = member.metadata(protocolName)
      if (metadata.length < VERSION_SIZE) return undefined
      const subscription = codecOf(consumerProtocolSubscription, 0).decode(new Reader(metadata, VERSION_SIZE))
      for (const topic of subscription.topics) topics.add(topic)
    }
  } catch (error) {
    if (error instanceof ProtocolError) return undefined
    throw error
  }
  return topics
}
