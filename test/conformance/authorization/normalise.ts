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
  // Kafka looks up regular expressions again when topics have changed, but not within ten seconds.
  'groupEpoch',
  'assignmentEpoch',
  'memberEpoch',
])

/** What a group is by turns until its members have what its epoch gives them. */
const ON_THE_WAY: ReadonlySet<unknown> = new Set(['Assigning', 'Reconciling', 'Stable'])

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
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [name, plain(field, name, aliases)]),
    )
  }
  if (RANDOM.has(key) && value !== '' && value !== -1) return `<${key}>`
  if (key === 'groupState' && ON_THE_WAY.has(value)) return '<on its way>'
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
