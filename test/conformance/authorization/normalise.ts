import { ZERO_UUID } from '../../../protocol/schema.ts'
import type { Subject } from './subject.ts'
import { MARKER, NOBODYS_ID } from './subject.ts'

/** What is another each time, where it is anything at all. */
const RANDOM: ReadonlySet<string> = new Set([
  'memberId',
  'producerId',
  'port',
  'issueTimestamp',
  'issueTimestampMs',
  'expiryTimestampMs',
  'maxTimestampMs',
  'expiryTimestamp',
  'maxTimestamp',
  'tokenId',
  'leaderId',
  'controllerId',
])

/**
 * Whether a group is ahead of what its members are assigned and one of them subscribes by a regular expression. Who joins it ten
 * seconds or more after that was last resolved has it resolved again, and where they see other topics the group's epoch rises once
 * more: how fast a side is tells, so its epoch is left out.
 */
function mayBeFurtherAhead(group: object): boolean {
  if (!('groupState' in group) || group.groupState !== 'Assigning' || !('members' in group)) return false
  return (group.members as { subscribedTopicRegex?: string }[]).some((member) => member.subscribedTopicRegex)
}

/** A response without what may differ from one cluster to another, as text that can be compared. */
export function normalise(response: unknown, subject: Subject): string {
  const aliases = new Map([[subject.clusterId, '<cluster>']])
  for (const [name, id] of subject.topicIds) aliases.set(id, `<id of ${name}>`)
  return JSON.stringify(plain(response, '', aliases), null, 1)
}

function plain(value: unknown, key: string, aliases: ReadonlyMap<string, string>): unknown {
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) {
    const items = value.filter((item) => !isMarker(item)).map((item) => plain(item, '', aliases))
    // Kafka gives most lists as they come out of its hash maps, or shuffled.
    if (items.every(isNameless)) return items
    return items
      .map((item) => [JSON.stringify(item), item] as const)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([, item]) => item)
  }
  if (typeof value === 'object' && value !== null) {
    const isAhead = mayBeFurtherAhead(value)
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [
        name,
        isAhead && name === 'groupEpoch' ? `<${name}>` : plain(field, name, aliases),
      ]),
    )
  }
  if (RANDOM.has(key) && value !== '' && value !== -1) return `<${key}>`
  if (typeof value !== 'string') return value
  if (key === 'topicId' && !isKnown(value, aliases)) return '<another id>'
  if (key === 'errorMessage') return value.replace(/^Request .* needs /s, 'Request needs ')
  return aliases.get(value) ?? value
}

/** What only its place in the list tells what it is about. */
function isNameless(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false
  return Object.keys(item).every((key) => NAMELESS.has(key))
}

const NAMELESS: ReadonlySet<string> = new Set(['errorCode', 'errorMessage', 'matchingAcls'])

function isKnown(topicId: string, aliases: ReadonlyMap<string, string>): boolean {
  return topicId === ZERO_UUID || topicId === NOBODYS_ID || aliases.has(topicId)
}

function isMarker(item: unknown): boolean {
  if (typeof item !== 'object' || item === null) return false
  const { name, topicName } = item as Record<string, unknown>
  return [name, topicName].some((text) => typeof text === 'string' && text.startsWith(MARKER))
}
