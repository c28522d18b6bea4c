import { alterClientQuotas } from '../../../protocol/messages/alter-client-quotas.ts'
import { describeClientQuotas } from '../../../protocol/messages/describe-client-quotas.ts'
import { RawClient } from '../../helpers/raw-client.ts'
import { MARK, QuotaSetter } from './quota-setter.ts'

type Entity = { entityType: string; entityName: string | null }[]
interface Entry {
  readonly entity: Entity
  readonly ops: { key: string; value: number; remove: boolean }[]
}

function entity(...parts: [string, string | null][]): Entity {
  return parts.map(([entityType, entityName]) => ({ entityType, entityName }))
}

function set(key: string, value: number) {
  return { key, value, remove: false }
}

function remove(key: string) {
  return { key, value: 0, remove: true }
}

const ALICE = entity(['user', 'alice'])
const EXACT = 0
const DEFAULT = 1
const SPECIFIED = 2

class Asker {
  readonly lines: string[] = []
  readonly #client: RawClient
  readonly #setter: QuotaSetter

  constructor(client: RawClient) {
    this.#client = client
    this.#setter = new QuotaSetter(client)
  }

  async alter(entries: Entry[], validateOnly = false, version = 1): Promise<void> {
    const answer = await this.#client.send(alterClientQuotas, version, { entries, validateOnly })
    // Results come in the order of a hash map.
    const results = answer.entries
      .map((entry) => JSON.stringify({ ...entry, entity: sorted(entry.entity) }))
      .sort()
    this.lines.push(`alter v${version} ${validateOnly} ${shown(entries)}: ${results.join(' ')}`)
    if (!validateOnly) await this.#setter.mark()
  }

  async describe(components: [string, number, string | null][], strict: boolean, version = 1): Promise<void> {
    const request = components.map(([entityType, matchType, match]) => ({ entityType, matchType, match }))
    const answer = await this.#client.send(describeClientQuotas, version, { components: request, strict })
    const entries = answer.entries
      ?.map((entry) => {
        const values = [...entry.values].sort((a, b) => (a.key < b.key ? -1 : 1))
        return JSON.stringify({
          entity: sorted(entry.entity),
          values: values.map(({ key, value }) => [key, String(value)]),
        })
      })
      .filter((text) => !text.includes(MARK.entityName))
      .sort()
    const { errorCode, errorMessage } = answer
    const told = JSON.stringify({ errorCode, errorMessage })
    this.lines.push(
      `describe v${version} ${JSON.stringify(components)} ${strict}: ${told} ${entries?.join(' ')}`,
    )
  }
}

function sorted(parts: Entity): Entity {
  return [...parts].sort((a, b) => (a.entityType < b.entityType ? -1 : 1))
}

function shown(entries: readonly Entry[]): string {
  return JSON.stringify(
    entries.map((entry) => [
      ...entry.entity.map(({ entityType, entityName }) => `${entityType}=${entityName}`),
      ...entry.ops.map(({ key, value, remove }) => (remove ? `-${key}` : `${key}=${value}`)),
    ]),
  )
}

export async function scenario(address: string): Promise<string[]> {
  await using client = await RawClient.connect(address)
  const asker = new Asker(client)
  await refusals(asker)
  await changes(asker)
  await descriptions(asker)
  return asker.lines
}

async function refusals(asker: Asker): Promise<void> {
  const values = [1, 0, -1, 0.5, 1.0000001, 1.000002, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 2 ** 63, 2 ** 64]
  const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of [...values, ...special]) {
    for (const key of [
      'producer_byte_rate',
      'consumer_byte_rate',
      'request_percentage',
      'controller_mutation_rate',
    ]) {
      await asker.alter([{ entity: ALICE, ops: [set(key, value)] }], true)
    }
    await asker.alter(
      [{ entity: entity(['ip', '10.0.0.1']), ops: [set('connection_creation_rate', value)] }],
      true,
    )
  }
  const entities = [
    entity(),
    entity(['user', '']),
    entity(['user', null]),
    entity(['client-id', '']),
    entity(['client-id', null]),
    entity(['user', 'a'], ['client-id', '']),
    entity(['user', ''], ['client-id', '']),
    entity(['user', null], ['client-id', null]),
    entity(['ip', '']),
    entity(['ip', null]),
    entity(['ip', '127.0.0.1']),
    entity(['ip', '::1']),
    entity(['ip', 'localhost']),
    entity(['ip', '10.0.0.1'], ['user', 'a']),
    entity(['ip', '10.0.0.1'], ['client-id', 'a']),
    entity(['ip', 'no such host'], ['user', '']),
    entity(['group', 'g']),
    entity(['USER', 'a']),
    entity(['', 'a']),
    entity(['user', 'a'], ['user', 'b']),
    entity(['user', 'a'], ['group', 'g']),
  ]
  for (const each of entities) {
    for (const key of ['producer_byte_rate', 'connection_creation_rate', 'no_such_rate']) {
      await asker.alter([{ entity: each, ops: [set(key, 1)] }], true)
    }
    await asker.alter([{ entity: each, ops: [remove('no_such_rate')] }], true)
  }
  // Names that somebody must be asked about, which takes its time.
  for (const host of ['no such host', 'nobody.invalid', '1.2.3', '256.1.1.1']) {
    await asker.alter([{ entity: entity(['ip', host]), ops: [set('connection_creation_rate', 1)] }], true)
  }
  const wrong = [
    'producer_byte_rate',
    'consumer_byte_rate',
    'request_percentage',
    'controller_mutation_rate',
    'x',
    'yy',
    'zzz',
  ]
  for (let count = 2; count <= wrong.length; count++) {
    await asker.alter([{ entity: ALICE, ops: wrong.slice(0, count).map((key) => set(key, -1)) }], true)
    await asker.alter([{ entity: ALICE, ops: wrong.slice(-count).map((key) => set(key, -1)) }], true)
  }
  const good = set('producer_byte_rate', 1)
  await asker.alter([], true)
  await asker.alter([{ entity: ALICE, ops: [] }], true)
  await asker.alter([{ entity: ALICE, ops: [good, good] }])
  await asker.alter([{ entity: ALICE, ops: [good, remove('producer_byte_rate')] }])
  const both = entity(['user', 'alice'], ['client-id', 'c'])
  await asker.alter([{ entity: both, ops: [good, good] }])
  await asker.alter([{ entity: [...both].reverse(), ops: [good, good] }])
  await asker.alter([{ entity: entity(['user', null]), ops: [good, good] }])
  await asker.describe([], false)
}

async function changes(asker: Asker): Promise<void> {
  const [one, two] = [set('producer_byte_rate', 1), set('producer_byte_rate', 2)]
  for (const version of [0, 1]) await asker.alter([{ entity: ALICE, ops: [one] }], false, version)
  await asker.alter([{ entity: ALICE, ops: [two] }], true)
  await asker.describe([['user', EXACT, 'alice']], true, 0)
  // The first change is made, though the answer is that of the second.
  await asker.alter([
    { entity: ALICE, ops: [two] },
    { entity: ALICE, ops: [set('consumer_byte_rate', 3)] },
  ])
  await asker.describe([['user', EXACT, 'alice']], true)
  await asker.alter([{ entity: ALICE, ops: [set('request_percentage', 12.5), set('nonsense', 1)] }])
  await asker.describe([['user', EXACT, 'alice']], true)
  await asker.alter([
    {
      entity: ALICE,
      ops: [remove('producer_byte_rate'), remove('never_there'), set('request_percentage', 12.5)],
    },
    { entity: entity(['group', 'g']), ops: [one] },
    { entity: entity(['user', 'bob']), ops: [one] },
  ])
  await asker.describe([], false)
  await asker.alter([{ entity: ALICE, ops: [remove('request_percentage')] }])
  await asker.alter([{ entity: entity(['user', 'bob']), ops: [remove('producer_byte_rate')] }])
  await asker.describe([], false)
}

async function descriptions(asker: Asker): Promise<void> {
  const entities = [
    ALICE,
    entity(['user', 'bob']),
    entity(['user', null]),
    entity(['client-id', 'c']),
    entity(['client-id', null]),
    entity(['user', 'alice'], ['client-id', 'c']),
    entity(['user', 'alice'], ['client-id', null]),
    entity(['client-id', 'c'], ['user', null]),
    entity(['user', null], ['client-id', null]),
  ]
  for (const [index, each] of entities.entries()) {
    await asker.alter([
      { entity: each, ops: [set('producer_byte_rate', 100 + index), set('request_percentage', 1000.5)] },
    ])
  }
  for (const ip of ['10.0.0.1', '::1', null]) {
    await asker.alter([{ entity: entity(['ip', ip]), ops: [set('connection_creation_rate', 7)] }])
  }
  const parts: [string, number, string | null][] = [
    ['user', EXACT, 'alice'],
    ['user', EXACT, 'nobody'],
    ['user', DEFAULT, null],
    ['user', SPECIFIED, null],
    ['client-id', EXACT, 'c'],
    ['client-id', DEFAULT, null],
    ['client-id', SPECIFIED, null],
    ['ip', EXACT, '10.0.0.1'],
    ['ip', DEFAULT, null],
    ['ip', SPECIFIED, null],
  ]
  const wrong: [string, number, string | null][] = [
    ['user', EXACT, null],
    ['user', DEFAULT, 'a'],
    ['user', SPECIFIED, 'a'],
    ['user', 3, null],
    ['user', -1, 'a'],
    ['', EXACT, 'a'],
    ['', 7, null],
    ['group', EXACT, 'a'],
    ['group', EXACT, null],
    ['USER', DEFAULT, null],
  ]
  for (const strict of [false, true]) {
    await asker.describe([], strict)
    for (const part of [...parts, ...wrong]) {
      await asker.describe([part], strict, 0)
      for (const other of [...parts, ...wrong.slice(0, 3)]) await asker.describe([part, other], strict)
    }
    await asker.describe(
      [
        ['group', EXACT, 'a'],
        ['group', EXACT, 'a'],
      ],
      strict,
    )
    await asker.describe(
      [
        ['ip', EXACT, 'a'],
        ['user', EXACT, 'a'],
        ['client-id', EXACT, 'a'],
      ],
      strict,
    )
  }
}
