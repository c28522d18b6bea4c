import { RE2JS, RE2JSSyntaxException } from 're2js'
import { ErrorCode } from '../../../protocol/errors.ts'
import { ApiError } from '../../metadata/controller/api-error.ts'
import type { RequestContext } from '../../network/handler.ts'
import { DESCRIBE_TOPIC, may } from '../../security/authorization/needs.ts'
import type { GroupRecord } from '../group-record.ts'
import type { GroupShard } from '../shard.ts'
import type { ConsumerGroup } from './group.ts'
import { raiseGroupEpoch } from './group-epoch.ts'
import type { ConsumerMember } from './member.ts'
import { regexRecord, regexTombstone } from './records.ts'

/** New topics are looked for again at the earliest after this; not a config in Kafka either. */
const MIN_REFRESH_INTERVAL_MS = 10_000

/** What is wrong with a regular expression; undefined when nothing is (RE2's syntax). */
export function invalidRegex(regex: string): ApiError | undefined {
  const compiled = compile(regex)
  if (compiled instanceof RE2JS) return undefined
  return new ApiError(
    ErrorCode.INVALID_REGULAR_EXPRESSION,
    `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${compiled}.`,
  )
}

function compile(regex: string): RE2JS | string {
  try {
    return RE2JS.compile(regex)
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return error.getDescription()
    throw error
  }
}

/** What a heartbeat changes about the regular expression that its member subscribes by. */
export interface RegexChange {
  readonly isChanged: boolean
  /** It is known already which topics the new one stands for. */
  readonly isResolved: boolean
  /** Nobody has subscribed by it before. */
  readonly isNew: boolean
  readonly tombstones: readonly GroupRecord[]
}

const UNCHANGED: RegexChange = { isChanged: false, isResolved: false, isNew: false, tombstones: [] }

/** To be asked before the member is another one for the group. */
export function regexChange(
  { groupId, subscriptions }: ConsumerGroup,
  member: ConsumerMember,
  updated: ConsumerMember,
): RegexChange {
  const old = member.subscribedTopicRegex
  const regex = updated.subscribedTopicRegex
  if (old === regex) return UNCHANGED
  const isLast = old !== '' && subscriptions.membersOf(old) === 1
  const isNew = regex !== '' && subscriptions.membersOf(regex) === 0
  return {
    isChanged: true,
    isResolved: regex === '' ? old !== '' : !isNew && subscriptions.resolved.has(regex),
    isNew,
    tombstones: isLast ? [regexTombstone(groupId, old)] : [],
  }
}

/**
 * Finds out anew which topics the group's regular expressions stand for, where that is due: not for this answer but soon,
 * as in Kafka, which has other threads do it (`GroupMetadataManager.maybeUpdateRegularExpressions`).
 */
export function resolveRegexesWhenDue(
  shard: GroupShard,
  group: ConsumerGroup,
  isNew: boolean,
  context: RequestContext,
): void {
  const { subscriptions } = group
  if (!subscriptions.hasRegexes || group.resolving) return
  const { clock, topicChanges } = shard.services
  const [last] = subscriptions.resolved.values()
  const sinceLastMs = last ? clock.now() - last.timestampMs : Number.POSITIVE_INFINITY
  if (sinceLastMs <= MIN_REFRESH_INTERVAL_MS) return
  const isDue =
    isNew ||
    subscriptions.regexes.length !== subscriptions.resolved.size ||
    (last?.version ?? 0) < topicChanges.newTopicsVersion ||
    sinceLastMs > shard.config.groupConsumerRegexRefreshIntervalMs
  if (!isDue) return
  group.resolving = clock.setTimer(0, () => {
    group.resolving = undefined
    resolve(shard, group, context)
  })
}

function resolve(shard: GroupShard, group: ConsumerGroup, context: RequestContext): void {
  const { clock, metadata } = shard.services
  const { subscriptions, groupId } = group
  const { image } = metadata
  const allowed = new Map<string, boolean>()
  const mayDescribe = (topic: string) => {
    const known = allowed.get(topic) ?? may(context, DESCRIBE_TOPIC, topic)
    allowed.set(topic, known)
    return known
  }
  let isChanged = false
  const records = subscriptions.regexes.map((regex) => {
    const compiled = compile(regex)
    const topics = new Set<string>()
    for (const topic of image.topicsByName.keys()) {
      if (compiled instanceof RE2JS && compiled.matches(topic) && mayDescribe(topic)) topics.add(topic)
    }
    isChanged ||= !isSame(subscriptions.resolved.get(regex)?.topics, topics)
    return regexRecord(groupId, regex, { topics, version: image.version, timestampMs: clock.now() })
  })
  shard.write(records)
  raiseGroupEpoch(shard, group, isChanged)
}

const NO_TOPICS: ReadonlySet<string> = new Set()

function isSame(old: ReadonlySet<string> = NO_TOPICS, topics: ReadonlySet<string>): boolean {
  return old.size === topics.size && [...topics].every((topic) => old.has(topic))
}
