import { ProtocolError } from '../../protocol/error.ts'
import { ErrorCode } from '../../protocol/errors.ts'
import { groupMetadata } from '../../protocol/formats/consumer-offsets/group-metadata.ts'
import { isControlBatch, isTransactional, producerId } from '../../protocol/records/batch.ts'
import { controlRecordName } from '../../protocol/records/control.ts'
import { decodeRecords } from '../../protocol/records/decode-batch.ts'
import type { KafkaRecord } from '../../protocol/records/record.ts'
import type { ClassicGroup } from './classic/group.ts'
import { prepareRebalance, renewSession } from './classic/rebalance.ts'
import { type GroupMetadataValue, restoredGroup } from './classic/stored-group.ts'
import type { ConsumerGroup } from './consumer/group.ts'
import { MemberState } from './consumer/member.ts'
import { expectRevocation, renewSession as renewConsumerSession } from './consumer/sessions.ts'
import type { CoordinatorLog } from './coordinator-log.ts'
import { decodeGroupRecord, type GroupRecord, isOfKind } from './group-record.ts'
import { scheduleExpiry } from './offsets/expiry.ts'
import { GroupShard, type ShardServices } from './shard.ts'
import { renewSession as renewShareSession } from './share/leave.ts'
import type { StreamsGroup } from './streams/group.ts'
import { expectRevocation as expectTasks, renewSession as renewStreamsSession } from './streams/sessions.ts'

const MAX_BATCH_BYTES = 2 ** 31 - 1

/**
 * A broker takes the groups of a partition over: as their records tell, with sessions that start anew
 * (`GroupMetadataManager.onLoaded`).
 */
export function loadShard(
  partition: number,
  leadership: { readonly nodeId: number; readonly leaderEpoch: number },
  log: CoordinatorLog,
  services: ShardServices,
): GroupShard {
  const shard = new GroupShard(partition, leadership, log, services)
  replay(shard)
  // A group that only ever commits has no record of its own.
  const committers = [...shard.pendingOffsets.records()].map(({ key }) => key.group)
  for (const groupId of [...shard.offsets.groupIds(), ...committers]) {
    if (!shard.groups.has(groupId)) shard.createClassicGroup(groupId)
  }
  for (const group of [...shard.groups.values()]) {
    if (group.type === 'classic') resumeClassicGroup(shard, group)
    else if (group.type === 'share') {
      for (const memberId of group.members.keys()) renewShareSession(shard, group, memberId)
    } else if (group.type === 'streams') resumeStreamsGroup(shard, group)
    else resumeConsumerGroup(shard, group)
  }
  scheduleExpiry(shard)
  return shard
}

function resumeClassicGroup(shard: GroupShard, group: ClassicGroup): void {
  for (const member of group.members.values()) renewSession(shard, group, member)
  if (group.members.size > shard.config.groupMaxSize) {
    prepareRebalance(shard, group, 'the group has more members than group.max.size allows')
  }
}

function resumeConsumerGroup(shard: GroupShard, group: ConsumerGroup): void {
  for (const member of group.members.values()) {
    renewConsumerSession(shard, group, member.memberId)
    if (member.state === MemberState.UNREVOKED_PARTITIONS) expectRevocation(shard, group, member)
  }
}

function resumeStreamsGroup(shard: GroupShard, group: StreamsGroup): void {
  for (const member of group.members.values()) {
    renewStreamsSession(shard, group, member.memberId)
    expectTasks(shard, group, member)
  }
}

function replay(shard: GroupShard): void {
  /** Classic groups are written as a whole, so that only what was written last counts. */
  const classic = new Map<string, GroupMetadataValue>()
  for (const { buffer, position } of shard.log.batches()) {
    const kept = decodeRecords(buffer, position, MAX_BATCH_BYTES)
    if (isControlBatch(buffer, position)) {
      const isCommit = controlRecordName(kept[0]?.key ?? null) === 'COMMIT'
      shard.completeTransaction(producerId(buffer, position), isCommit)
      continue
    }
    const isPending = isTransactional(buffer, position)
    for (const each of kept) {
      const record = readable(shard, each)
      if (!record) continue
      if (isPending) shard.pendingOffsets.add(producerId(buffer, position), record)
      else if (!isOfKind(record, groupMetadata)) shard.replay(record)
      else if (record.value) classic.set(record.key.group, record.value)
      else classic.delete(record.key.group)
    }
  }
  for (const [groupId, value] of classic) {
    shard.groups.set(groupId, restoredGroup(groupId, value, shard.services.clock))
  }
}

/** Whoever may write to the topic can write what no coordinator would. */
function readable(shard: GroupShard, kept: KafkaRecord): GroupRecord | undefined {
  try {
    return decodeGroupRecord(kept)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    const { partition } = shard
    shard.services.logger.warn('a record of __consumer_offsets cannot be read', {
      partition,
      offset: kept.offset,
      reason: error.message,
    })
    return undefined
  }
}

/** The broker coordinates these groups no longer: whoever waits here must look for the one that does. */
export function unloadShard(shard: GroupShard): void {
  shard.expiryTimer?.cancel()
  const errorCode = ErrorCode.NOT_COORDINATOR
  for (const group of shard.groups.values()) {
    group.cancelTimers()
    if (group.type !== 'classic') continue
    group.go('Dead')
    for (const member of group.members.values()) {
      group.completeJoin(member, { errorCode, memberId: member.memberId })
      member.completeSync({ errorCode })
    }
  }
  shard.groups.clear()
}
