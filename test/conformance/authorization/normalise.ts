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
 * What a group of KIP-848 is by turns. Once Kafka's was Assigning and an epoch ahead where ours was Stable; why is not known. The
 * suite for groups compares epochs, this one who may see the group.
 */
const ON_THE_WAY: ReadonlySet<unknown> = new Set(['Assigning', 'Stable'])

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
    const isOnTheWay = 'assignmentEpoch' in value && 'groupState' in value && ON_THE_WAY.has(value.groupState)
    return Object.fromEntries(
      Object.entries(value).map(([name, field]) => [
        name,
        isOnTheWay && (name === 'groupEpoch' || name === 'groupState')
          ? `<${name}>`
          : plain(field, name, aliases),
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
