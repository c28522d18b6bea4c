import type { MemberSpec } from '../assignor/assignor.ts'
import type { TopicPartitions } from '../topic-partitions.ts'
import type { ConsumerMember } from './member.ts'

class Spec implements MemberSpec {
  readonly memberId: string
  readonly instanceId: string | null
  readonly assigned: TopicPartitions
  readonly assignedCount: number
  topicIds: ReadonlySet<string> = new Set()

  constructor(memberId: string, instanceId: string | null, assigned: TopicPartitions) {
    this.memberId = memberId
    this.instanceId = instanceId
    this.assigned = assigned
    let count = 0
    for (const partitions of assigned.values()) count += partitions.size
    this.assignedCount = count
  }
}

/**
 * The members of a group as assignors see them, kept from one assignment to the next: of hundreds only one or two are others
 * than before.
 */
export class MemberSpecs {
  readonly #specs = new Map<string, Spec>()

  /** The member has come, or is another than before. */
  set({ memberId, instanceId }: ConsumerMember, target: TopicPartitions): void {
    const known = this.#specs.get(memberId)
    if (known?.instanceId === instanceId && known.assigned === target) return
    this.#specs.set(memberId, new Spec(memberId, instanceId, target))
  }

  delete(memberId: string): void {
    this.#specs.delete(memberId)
  }

  /** @param topicIdsOf the topics that the member subscribes to and that are there */
  list(topicIdsOf: (memberId: string) => ReadonlySet<string>): {
    readonly members: readonly MemberSpec[]
    readonly assignedCounts: readonly number[]
  } {
    const members = [...this.#specs.values()]
    for (const spec of members) spec.topicIds = topicIdsOf(spec.memberId)
    return { members, assignedCounts: members.map(({ assignedCount }) => assignedCount) }
  }
}
