import { ErrorCode } from '../../../../protocol/errors.ts'
import { ModelClient } from './client.ts'

const LEAVE = -1
const LEAVE_FOR_A_WHILE = -2

/** A client that speaks the protocol of KIP-848. */
export class ConsumerClient extends ModelClient {
  readonly protocol = 'consumer'
  #incarnation = 0
  /** What it has been told that it may own; it gets there when it acts next. */
  #assigned: ReadonlySet<string> | undefined
  /** Tell the coordinator everything: the last answer may have been lost. */
  #tellsAll = true

  async act(): Promise<boolean> {
    this.isDead = false
    if (this.epoch < 0) await this.#join()
    else if (this.#assigned) this.#reconcile()
    else {
      const { epoch } = this
      await this.#heartbeat()
      return this.#assigned !== undefined || this.epoch !== epoch
    }
    return true
  }

  async #join(): Promise<void> {
    this.memberId ||= `c${this.index}-${this.#incarnation++}`
    await this.#send({ memberEpoch: 0, topicPartitions: [] })
  }

  #reconcile(): void {
    this.owned = this.#assigned as ReadonlySet<string>
    this.#assigned = undefined
  }

  async #heartbeat(): Promise<void> {
    const topicPartitions = this.world.listed(this.owned)
    await this.#send({ memberEpoch: this.epoch, topicPartitions: this.#tellsAll ? topicPartitions : null })
  }

  async #send(request: {
    memberEpoch: number
    topicPartitions: { topicId: string; partitions: number[] }[] | null
  }): Promise<void> {
    const { memberId, instanceId, topics } = this
    const heard = await this.world.heartbeat({
      memberId,
      instanceId,
      rebalanceTimeoutMs: 20_000,
      subscribedTopicNames: [...topics],
      ...request,
    })
    switch (heard.errorCode) {
      case ErrorCode.NONE:
        if (request.memberEpoch === 0) this.epoch = 0
        this.enter(heard.memberEpoch ?? Number.NaN)
        if (heard.assignment) this.#assigned = this.world.named(heard.assignment.topicPartitions ?? [])
        return
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.FENCED_MEMBER_EPOCH:
      case ErrorCode.FENCED_INSTANCE_ID:
      case ErrorCode.GROUP_ID_NOT_FOUND:
        this.#abandon()
        return
      case ErrorCode.UNRELEASED_INSTANCE_ID:
      case ErrorCode.NOT_COORDINATOR:
        return
      case ErrorCode.UNKNOWN_SERVER_ERROR:
        // So Kafka answers while a classic group has not agreed on a protocol, and Java's consumers give up then.
        this.crash()
        return
      default:
        throw new Error(`a heartbeat was answered with ${heard.errorCode}: ${heard.errorMessage}`)
    }
  }

  #abandon(): void {
    this.#assigned = undefined
    this.owned = new Set()
    this.epoch = -1
    // Whoever has taken its instance id, it is another member from now on.
    if (this.instanceId !== null) this.memberId = ''
  }

  async leave(forAWhile: boolean): Promise<void> {
    if (this.epoch < 0) return
    const { memberId, instanceId } = this
    const memberEpoch = forAWhile && instanceId !== null ? LEAVE_FOR_A_WHILE : LEAVE
    await this.world.heartbeat({ memberId, instanceId, memberEpoch })
    this.crash()
  }

  override forget(): void {
    super.forget()
    this.#assigned = undefined
  }
}
