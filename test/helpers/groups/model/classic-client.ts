import { ErrorCode } from '../../../../protocol/errors.ts'
import { consumerProtocolAssignment } from '../../../../protocol/formats/consumer-protocol-assignment.ts'
import { consumerProtocolSubscription } from '../../../../protocol/formats/consumer-protocol-subscription.ts'
import { decodeVersioned, encodeVersioned } from '../../../../protocol/formats/versioned.ts'
import { heartbeat } from '../../../../protocol/messages/heartbeat.ts'
import { joinGroup } from '../../../../protocol/messages/join-group.ts'
import { leaveGroup } from '../../../../protocol/messages/leave-group.ts'
import { syncGroup } from '../../../../protocol/messages/sync-group.ts'
import type { Decoded } from '../../../../protocol/schema.ts'
import type { Reply } from '../group-rig.ts'
import { ModelClient } from './client.ts'

type Joined = Decoded<(typeof joinGroup)['response']>

const SESSION_MS = 10_000
const NAME = 'range'

/** A client that speaks the classic protocol, and gives up all that it owns whenever it joins. */
export class ClassicClient extends ModelClient {
  readonly protocol = 'classic'
  #joining: Reply<typeof joinGroup> | undefined
  #joined: Joined | undefined
  #syncing: Reply<typeof syncGroup> | undefined
  #told = this.subscription

  get isWaiting(): boolean {
    return Boolean(this.#joining?.isWaiting || this.#syncing?.isWaiting)
  }

  async act(): Promise<boolean> {
    this.isDead = false
    if (this.isWaiting) await this.world.settle()
    if (this.isWaiting) return false
    if (this.#joining) this.#onJoined(this.#joining.response)
    else if (this.#syncing) this.#onSynced(this.#syncing.response)
    else if (this.#joined) this.#sync(this.#joined)
    else if (this.epoch < 0 || this.#told !== this.subscription) this.#join()
    else {
      await this.#heartbeat()
      return this.#joining !== undefined
    }
    return true
  }

  #join(): void {
    this.owned = new Set()
    this.#told = this.subscription
    const value = { topics: [...this.topics], userData: null, ownedPartitions: [] }
    const metadata = encodeVersioned(consumerProtocolSubscription, 1, value)
    this.#joining = this.world.send(joinGroup, 9, {
      groupId: 'group',
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: 20_000,
      protocolType: 'consumer',
      protocols: [{ name: NAME, metadata }],
    })
  }

  #onJoined(joined: Joined): void {
    this.#joining = undefined
    const { errorCode, memberId, generationId } = joined
    if (errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.memberId = memberId
      this.#join()
    } else if (errorCode !== ErrorCode.NONE) {
      this.#onError(errorCode)
    } else {
      if (memberId !== this.memberId) this.epoch = -1
      this.memberId = memberId
      this.enter(generationId)
      this.#joined = joined
    }
  }

  #sync(joined: Joined): void {
    this.#joined = undefined
    const { memberId, epoch: generationId, instanceId: groupInstanceId } = this
    const request = { groupId: 'group', memberId, generationId, groupInstanceId, protocolType: 'consumer' }
    const assignments = joined.leader === memberId ? this.#assign(joined) : []
    this.#syncing = this.world.send(syncGroup, 5, { ...request, protocolName: NAME, assignments })
  }

  /** The leader deals each topic's partitions to those who subscribe to it. */
  #assign({ members, skipAssignment }: Joined) {
    if (skipAssignment) return []
    const subscribed = members.map(
      ({ metadata }) => decodeVersioned(consumerProtocolSubscription, metadata).value.topics,
    )
    const shares = members.map(() => new Map<string, number[]>())
    for (const topic of new Set(subscribed.flat())) {
      const takers = shares.filter((_, i) => subscribed[i]?.includes(topic))
      for (const share of takers) share.set(topic, [])
      for (let p = 0; p < this.world.partitionCount(topic); p++)
        takers[p % takers.length]?.get(topic)?.push(p)
    }
    return members.map(({ memberId }, i) => {
      const assignedPartitions = [...(shares[i] ?? [])].map(([topic, partitions]) => ({ topic, partitions }))
      const value = { assignedPartitions, userData: null }
      return { memberId, assignment: encodeVersioned(consumerProtocolAssignment, 1, value) }
    })
  }

  #onSynced({ errorCode, assignment }: Decoded<(typeof syncGroup)['response']>): void {
    this.#syncing = undefined
    if (errorCode !== ErrorCode.NONE) {
      this.#onError(errorCode)
      return
    }
    const owned = new Set<string>()
    if (assignment.length > 0) {
      const { assignedPartitions } = decodeVersioned(consumerProtocolAssignment, assignment).value
      for (const { topic, partitions } of assignedPartitions)
        for (const p of partitions) owned.add(`${topic}-${p}`)
    }
    this.owned = owned
  }

  async #heartbeat(): Promise<void> {
    const { memberId, epoch: generationId, instanceId: groupInstanceId } = this
    const request = { groupId: 'group', memberId, generationId, groupInstanceId }
    const { errorCode } = await this.world.send(heartbeat, 4, request).promise
    if (errorCode === ErrorCode.REBALANCE_IN_PROGRESS) this.#join()
    else if (errorCode !== ErrorCode.NONE) this.#onError(errorCode)
  }

  #onError(errorCode: number): void {
    this.owned = new Set()
    switch (errorCode) {
      case ErrorCode.UNKNOWN_MEMBER_ID:
      case ErrorCode.FENCED_INSTANCE_ID:
        this.memberId = ''
        this.epoch = -1
        return
      case ErrorCode.ILLEGAL_GENERATION:
      case ErrorCode.REBALANCE_IN_PROGRESS:
      case ErrorCode.NOT_COORDINATOR:
        this.epoch = -1
        return
      default:
        throw new Error(`a member was told ${errorCode}`)
    }
  }

  async leave(): Promise<void> {
    if (this.memberId === '' || this.isWaiting) return
    const members = [{ memberId: this.memberId, groupInstanceId: this.instanceId }]
    await this.world.send(leaveGroup, 5, { groupId: 'group', members }).promise
    this.crash()
  }

  override forget(): void {
    super.forget()
    this.#joining?.disconnect()
    this.#syncing?.disconnect()
    this.#joining = undefined
    this.#syncing = undefined
    this.#joined = undefined
  }
}
