import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { CreatableTopic } from '../../metadata/controller/create-topics.ts'
import type { RequestContext } from '../../network/handler.ts'
import { deleteGroup } from '../delete-group.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import { type CheckedTopics, checkTopics, invalidTasks, topologyOf } from './check-topics.ts'
import { hasOtherEndpoint, partitionsByEndpoint } from './endpoints.ts'
import { type Entered, enterStreamsGroup } from './enter.ts'
import type { StreamsGroup } from './group.ts'
import type { StreamsHeartbeatRequest, StreamsHeartbeatResponse } from './heartbeat-messages.ts'
import { leaveStreamsGroup } from './leave.ts'
import { JOIN_EPOCH, LEAVE_EPOCH, LEFT_FOR_A_WHILE_EPOCH, type StreamsMember } from './member.ts'
import { reconciled, type Target } from './reconcile.ts'
import { currentRecord, epochRecord, memberRecord, topologyRecord } from './records.ts'
import { expectRevocation, renewSession } from './sessions.ts'
import { type Status, status } from './status.ts'
import {
  assignmentConfigs,
  endInitialRebalance,
  makeTargetAssignment,
  mustWait,
  RACK_AWARE_TAGS,
} from './target-assignment.ts'
import { NO_TASK_OFFSETS, updatedTaskOffsets } from './task-offsets.ts'
import { listTasks, NO_TASKS, sameOwned, type TasksByRole, tasksOf } from './tasks.ts'
import type { StreamsTopology } from './topology.ts'
import { mattersToOthers, updatedMember } from './updated-member.ts'
import { invalidHeartbeat } from './validate-heartbeat.ts'

export interface StreamsHeartbeat {
  readonly response: StreamsHeartbeatResponse
  /** Internal topics that the topology needs and that are to be made now. */
  readonly missing: readonly CreatableTopic[]
}

/**
 * StreamsGroupHeartbeat at the coordinator (`GroupMetadataManager.streamsGroupHeartbeat`): a member joins, leaves, says
 * that it is alive and which tasks it owns, and learns which it may own. Nothing changes where it is refused.
 */
export function heartbeatStreamsGroup(
  shard: GroupShard,
  request: StreamsHeartbeatRequest,
  context: RequestContext,
): StreamsHeartbeat | ApiError {
  const invalid = invalidHeartbeat(request)
  if (invalid) return invalid
  const { memberEpoch } = request
  if (memberEpoch === LEAVE_EPOCH || memberEpoch === LEFT_FOR_A_WHILE_EPOCH) {
    const response = leaveStreamsGroup(shard, request)
    return response instanceof ApiError ? response : { response, missing: [] }
  }
  const entered = enterStreamsGroup(shard, request)
  if (entered instanceof ApiError) return entered
  const topology = topologyOf(entered.group, request.topology)
  if (topology instanceof ApiError) return topology
  const topics = checkTopics(shard, entered.group, topology)
  if (topics instanceof ApiError) return topics
  return new Heartbeat(shard, request, context, entered, topology, topics).answer()
}

/** One heartbeat of a member that was let in: what follows from it is gathered, written at once and answered. */
class Heartbeat {
  readonly #shard: GroupShard
  readonly #request: StreamsHeartbeatRequest
  readonly #apiVersion: number
  readonly #entered: Entered
  readonly #group: StreamsGroup
  readonly #topology: StreamsTopology
  readonly #topics: CheckedTopics
  readonly #configs: ReadonlyMap<string, string>
  readonly #records: GroupRecord[]
  readonly #statuses: Status[] = []
  #member: StreamsMember

  constructor(
    shard: GroupShard,
    request: StreamsHeartbeatRequest,
    context: RequestContext,
    entered: Entered,
    topology: StreamsTopology,
    topics: CheckedTopics,
  ) {
    this.#shard = shard
    this.#request = request
    this.#apiVersion = context.apiVersion
    this.#entered = entered
    this.#group = entered.group
    this.#topology = topology
    this.#topics = topics
    this.#configs = assignmentConfigs(shard, request.groupId)
    this.#records = [...entered.records]
    this.#member = updatedMember(entered.member, request, context)
  }

  answer(): StreamsHeartbeat | ApiError {
    const { groupId } = this.#request
    const { configured } = this.#topics
    const wrong = this.#noteTasks()
    if (wrong) return wrong
    const groupEpoch = this.#updateGroup()
    const target = this.#targetOf(groupEpoch)
    const told = this.#member
    const member = reconciled(this.#group, told, target, ownedOf(this.#request))
    if (member instanceof ApiError) return member
    if (member !== told) this.#records.push(currentRecord(groupId, member))
    const endpoints = this.#endpoints(member)
    if (endpoints instanceof ApiError) return endpoints
    this.#write(told, member)
    const group = this.#group
    if (this.#request.shutdownApplication) group.shutdownRequestedBy ??= member.memberId
    if (configured.fault) this.#statuses.push(configured.fault)
    this.#tellShutdown()
    this.#tellMissingTags()
    const { groupConfig } = this.#shard.services
    const { streamsHeartbeatIntervalMs, streamsTaskOffsetIntervalMs, streamsAcceptableRecoveryLag } =
      groupConfig(groupId)
    return {
      response: {
        memberId: member.memberId,
        memberEpoch: member.memberEpoch,
        heartbeatIntervalMs: streamsHeartbeatIntervalMs,
        taskOffsetIntervalMs: streamsTaskOffsetIntervalMs,
        acceptableRecoveryLag: streamsAcceptableRecoveryLag,
        status: this.#statuses,
        ...this.#tasks(member),
        ...endpoints,
      },
      missing: configured.missing,
    }
  }

  /** What the member says of its tasks, or why that cannot be. */
  #noteTasks(): ApiError | undefined {
    const { memberId, taskOffsets, taskEndOffsets } = this.#request
    const { configured } = this.#topics
    const invalid = configured.fault ? undefined : invalidTasks(configured, this.#request)
    if (invalid || (taskOffsets === null && taskEndOffsets === null)) return invalid
    const known = this.#group.taskOffsets.get(memberId) ?? NO_TASK_OFFSETS
    const offsets = updatedTaskOffsets(known, this.#request)
    if (offsets instanceof ApiError) return offsets
    this.#group.taskOffsets.set(memberId, offsets)
    return undefined
  }

  /** @returns the group epoch, raised where the member, the topics or the configs are others than before */
  #updateGroup(): number {
    const { groupId, instanceId } = this.#request
    const { member: before } = this.#entered
    const { groupEpoch, topology, assignmentConfigs: known } = this.#group
    const { configured, metadataHash, areOthers } = this.#topics
    const member = this.#member
    if (member !== before) this.#records.push(memberRecord(groupId, member))
    if (!topology) this.#records.push(topologyRecord(groupId, this.#topology))
    else if (member.topologyEpoch < topology.epoch) {
      const detail = `The member's topology epoch ${member.topologyEpoch} is behind the group's topology epoch ${topology.epoch}.`
      this.#statuses.push(status('STALE_TOPOLOGY', detail))
    }
    const validatedTopologyEpoch = configured.fault ? -1 : this.#topology.epoch
    const isChanged =
      areOthers ||
      (member !== before && (instanceId === null || mattersToOthers(member, before))) ||
      validatedTopologyEpoch !== this.#group.validatedTopologyEpoch ||
      !sameConfigs(known, this.#configs)
    if (!isChanged) return groupEpoch
    const raised = groupEpoch + 1
    const epoch = {
      groupEpoch: raised,
      metadataHash,
      validatedTopologyEpoch,
      assignmentConfigs: this.#configs,
    }
    this.#records.push(epochRecord(groupId, epoch))
    return raised
  }

  /** What the member shall have, made anew where the group epoch has risen and nothing delays that. */
  #targetOf(groupEpoch: number): Target {
    const { assignmentEpoch: epoch } = this.#group
    const { memberId } = this.#member
    const { predecessor } = this.#entered
    if (this.#isInitialRebalance()) {
      const detail = 'Assignment delayed due to the configured initial rebalance delay.'
      this.#statuses.push(status('ASSIGNMENT_DELAYED', detail))
      return { epoch, tasks: NO_TASKS }
    }
    const tasks = this.#group.targetOf(predecessor?.memberId ?? memberId)
    if (epoch >= groupEpoch) return { epoch, tasks }
    if (mustWait(this.#shard, this.#group)) {
      const detail = 'Assignment delayed due to the configured assignment interval.'
      this.#statuses.push(status('ASSIGNMENT_DELAYED', detail))
      return { epoch, tasks }
    }
    const members = new Map(this.#group.members)
    if (predecessor) members.delete(predecessor.memberId)
    members.set(memberId, this.#member)
    const { configured } = this.#topics
    const made = makeTargetAssignment(
      this.#shard,
      this.#group,
      groupEpoch,
      [...members.values()],
      configured,
      this.#configs,
    )
    this.#records.push(...made.records)
    return { epoch: groupEpoch, tasks: made.targets.get(memberId) ?? NO_TASKS }
  }

  /** Whether the first members of an empty group are being waited for, or begin to be. */
  #isInitialRebalance(): boolean {
    return this.#group.initialRebalance !== undefined || this.#initialDelayMs() > 0
  }

  #initialDelayMs(): number {
    if (!this.#group.isEmpty) return 0
    return this.#shard.services.groupConfig(this.#request.groupId).streamsInitialRebalanceDelayMs
  }

  #endpoints(
    member: StreamsMember,
  ): Pick<StreamsHeartbeatResponse, 'endpointInformationEpoch' | 'partitionsByUserEndpoint'> | ApiError {
    const { member: before, predecessor, isNew } = this.#entered
    const group = this.#group
    const hasOthers = !sameOwned(before.assigned, member.assigned)
    if (hasOtherEndpoint(before, member) || (hasOthers && member.userEndpoint)) group.endpointEpoch++
    // Of a group that is new Kafka forgets the epoch.
    const told = isNew ? {} : { endpointInformationEpoch: group.endpointEpoch }
    if (group.endpointEpoch === this.#request.endpointInformationEpoch) return told
    const others = [...group.members.values()].filter(
      ({ memberId }) => memberId !== member.memberId && memberId !== predecessor?.memberId,
    )
    const { image } = this.#shard.services.metadata
    const partitions = partitionsByEndpoint([...others, member], this.#topics.configured, image)
    if (!partitions) return new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, null)
    return { ...told, partitionsByUserEndpoint: partitions }
  }

  #write(told: StreamsMember, member: StreamsMember): void {
    const { groupId } = this.#request
    const { classic, predecessor, isNew } = this.#entered
    const delayMs = this.#initialDelayMs()
    if (classic) deleteGroup(this.#shard, classic)
    this.#shard.write(this.#records)
    const group = this.#shard.streamsGroup(groupId, true) as StreamsGroup
    if (!isNew) {
      group.configured = this.#topics.configured
      group.topicsCheckedAt = this.#shard.services.topicChanges.version
    }
    if (predecessor) group.timers.cancelAllOf(predecessor.memberId)
    if (delayMs > 0) {
      group.initialRebalance ??= this.#shard.services.clock.setTimer(delayMs, () =>
        endInitialRebalance(this.#shard, group),
      )
    }
    if (member !== told) expectRevocation(this.#shard, group, member)
    renewSession(this.#shard, group, member.memberId)
  }

  /** The member is told its tasks when it joins and when they are others than before. */
  #tasks(member: StreamsMember): StreamsHeartbeatResponse {
    const { memberEpoch } = this.#request
    const { assigned } = this.#entered.member
    if (memberEpoch !== JOIN_EPOCH && sameOwned(assigned, member.assigned)) return {}
    return {
      activeTasks: listTasks(member.assigned.active),
      standbyTasks: listTasks(member.assigned.standby),
      warmupTasks: listTasks(member.assigned.warmup),
    }
  }

  #tellShutdown(): void {
    const { shutdownRequestedBy } = this.#group
    if (shutdownRequestedBy === undefined) return
    const detail =
      `Streams group member ${shutdownRequestedBy} encountered a fatal error and requested a shutdown for the entire ` +
      'application.'
    this.#statuses.push(status('SHUTDOWN_APPLICATION', detail))
  }

  #tellMissingTags(): void {
    const wanted = this.#configs.get(RACK_AWARE_TAGS)?.split(',') ?? []
    const missing = wanted.filter((tag) => !this.#member.clientTags.has(tag))
    if (this.#apiVersion < TELLS_TAGS_SINCE || missing.length === 0) return
    const detail =
      `Missing required client tags for rack-aware standby assignment: [${missing.join(', ')}]. Configure them via ` +
      "'client.tag.<tagKey>' in your Streams config."
    this.#statuses.push(status('MISSING_CLIENT_TAGS', detail))
  }
}

const TELLS_TAGS_SINCE = 1

function sameConfigs(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false
  for (const [key, value] of a) if (b.get(key) !== value) return false
  return true
}

/** What the member says it owns; null where it does not say. */
function ownedOf({ activeTasks, standbyTasks, warmupTasks }: StreamsHeartbeatRequest): TasksByRole | null {
  if (activeTasks === null || standbyTasks === null || warmupTasks === null) return null
  return { active: tasksOf(activeTasks), standby: tasksOf(standbyTasks), warmup: tasksOf(warmupTasks) }
}
