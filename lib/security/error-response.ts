import { type Api, type Fields, includes } from '../../protocol/schema.ts'

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
  readonly errorMessage: string
}

/**
 * An API's own response that says nothing but an error (`AbstractRequest.getErrorResponse`): at its top where the version
 * has a place for it there, else of everything that was asked about.
 */
export function errorResponse(api: Api, version: number, request: Struct, fault: Fault): Struct {
  return fill(api.response.fields, api.request.fields, version, request, fault)
}

function fill(response: Fields, request: Fields, version: number, asked: Struct, fault: Fault): Struct {
  if (response.errorCode !== undefined && includes(response.errorCode.versions, version)) return { ...fault }
  const list = Object.entries(response).find(([, { type, versions }]) => {
    return (
      type.kind === 'array' &&
      type.element.kind === 'struct' &&
      includes(versions, version) &&
      tells(type.element.fields)
    )
  })
  const wish = Object.entries(request).find(([, { type, versions }]) => {
    return type.kind === 'array' && includes(versions, version)
  })
  if (list?.[1].type.kind !== 'array' || wish?.[1].type.kind !== 'array') return {}
  const [said, meant] = [list[1].type.element, wish[1].type.element]
  if (said.kind !== 'struct') return {}
  const elements = ((asked[wish[0]] ?? []) as readonly unknown[]).map((element) => {
    if (meant.kind !== 'struct') return { ...named(said.fields, element), ...fault }
    const one = element as Struct
    return { ...names(one), ...fill(said.fields, meant.fields, version, one, fault) }
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
