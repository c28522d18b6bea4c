import { type Api, type Fields, includes } from '../../../protocol/schema.ts'

type Struct = Readonly<Record<string, unknown>>

/** What names a thing that was asked about, and so comes back with what became of it. */
const NAMES: ReadonlySet<string> = new Set([
  'name',
  'topic',
  'topicId',
  'index',
  'partition',
  'partitionIndex',
  'groupId',
  'resourceType',
  'resourceName',
])

/** The error of a response, as a code and in words. */
interface Fault {
  readonly errorCode: number
  readonly errorMessage: string | null
}

/** APIs that leave the words out, and those that have only the error's own words: there is no rule, so Kafka was asked. */
const WITHOUT_WORDS: ReadonlySet<string> = new Set([
  'DescribeGroups',
  'DeleteTopics',
  'ConsumerGroupHeartbeat',
  'ShareGroupHeartbeat',
  'ShareFetch',
  'ShareAcknowledge',
  'StreamsGroupHeartbeat',
])
const IN_STANDARD_WORDS: ReadonlySet<string> = new Set([
  'FindCoordinator',
  'DescribeQuorum',
  'AddRaftVoter',
  'RemoveRaftVoter',
  'AlterShareGroupOffsets',
  'DeleteShareGroupOffsets',
])

const NOBODY = { type: 'User', name: 'ANONYMOUS' }
/** What else such responses hold that is not the default of its field; of lists, in each element. */
const BESIDES: Readonly<Record<string, Struct>> = {
  Produce: { baseOffset: -1 },
  FindCoordinator: { nodeId: -1, port: -1 },
  JoinGroup: { protocolName: null },
  InitProducerId: { producerEpoch: -1 },
  DescribeClientQuotas: { entries: null },
  CreateDelegationToken: {
    principalType: NOBODY.type,
    principalName: NOBODY.name,
    tokenRequesterPrincipalType: NOBODY.type,
    tokenRequesterPrincipalName: NOBODY.name,
    issueTimestampMs: -1,
    expiryTimestampMs: -1,
    maxTimestampMs: -1,
  },
}

/**
 * An API's own response that says nothing but an error (`AbstractRequest.getErrorResponse`): at its top where the version
 * has a place for it there, else of everything that was asked about.
 */
export function errorResponse(
  api: Api,
  version: number,
  request: Struct,
  { errorCode, errorMessage, standardMessage }: Fault & { readonly standardMessage: string },
): Struct {
  const words = IN_STANDARD_WORDS.has(api.name) ? standardMessage : errorMessage
  const said = { errorCode, errorMessage: WITHOUT_WORDS.has(api.name) ? null : words, ...BESIDES[api.name] }
  const { fields } = api.response
  const isAtTop = fields.errorCode !== undefined && includes(fields.errorCode.versions, version)
  // Metadata tells both of itself and of each topic.
  if (isAtTop && api.name !== 'Metadata') return said
  const listed = mirrored(fields, api.request.fields, version, request, said)
  return isAtTop ? { ...listed, errorCode } : listed
}

/** The list that a response tells errors in, an element for each of those that the request's first list has. */
function mirrored(response: Fields, request: Fields, version: number, asked: Struct, said: Struct): Struct {
  const list = Object.entries(response).find(([, { type, versions }]) => {
    if (type.kind !== 'array' || type.element.kind !== 'struct') return false
    return includes(versions, version) && tells(type.element.fields)
  })
  const wish = Object.entries(request).find(([, { type, versions }]) => {
    return type.kind === 'array' && includes(versions, version)
  })
  if (list?.[1].type.kind !== 'array' || wish?.[1].type.kind !== 'array') return {}
  const [answer, question] = [list[1].type.element, wish[1].type.element]
  if (answer.kind !== 'struct') return {}
  const { fields } = answer
  const elements = ((asked[wish[0]] ?? []) as readonly unknown[]).map((element) => {
    if (question.kind !== 'struct') return { ...named(fields, element), ...said }
    const one = element as Struct
    if (fields.errorCode !== undefined) return { ...names(one), ...said }
    return { ...names(one), ...mirrored(fields, question.fields, version, one, said) }
  })
  return { [list[0]]: elements }
}

/** Whether there is a place for an error in these fields, or in what they list. */
function tells(fields: Fields): boolean {
  return Object.entries(fields).some(([name, { type }]) => {
    if (name === 'errorCode') return true
    return type.kind === 'array' && type.element.kind === 'struct' && tells(type.element.fields)
  })
}

function names(asked: Struct): Struct {
  return Object.fromEntries(Object.entries(asked).filter(([name]) => NAMES.has(name)))
}

/** What was asked about by a bare name or number goes into the first field of that kind. */
function named(fields: Fields, value: unknown): Struct {
  const kind = typeof value === 'string' ? 'string' : 'int32'
  const found = Object.entries(fields).find(
    ([name, { type }]) => type.kind === kind && name !== 'errorMessage',
  )
  return found === undefined ? {} : { [found[0]]: value }
}
