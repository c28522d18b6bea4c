import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { firstPlace, mixed, nextPlace, RowTable } from '../../../../lib/security/authorization/row-table.ts'
import { Rows } from '../../../../lib/security/authorization/rows.ts'

/** The rows that a table has for a hash. */
function found(table: RowTable, hash: number): number[] {
  const places = table.placesOf(hash)
  const rows: number[] = []
  for (let at = firstPlace(hash, places); places[at + 1] !== 0; at = nextPlace(at, places)) {
    if (places[at] === hash) rows.push((places[at + 1] as number) - 1)
  }
  return rows.sort((a, b) => a - b)
}

/** How alike the hashes of the rows are. */
const hashes: fc.Arbitrary<(row: number) => number> = fc.constantFrom(
  mixed,
  (row: number) => mixed(row >> 2),
  (row: number) => row,
  (row: number) => row << 20,
  () => 7,
)

t.test('what was added is found, and nothing else, however alike the hashes are', async () => {
  const steps = fc.array(fc.record({ count: fc.integer({ min: 1, max: 900 }), isGone: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  })
  fc.assert(
    fc.property(hashes, steps, (hashOf, script) => {
      const table = new RowTable()
      const rows: number[] = []
      let next = 0
      for (const { count, isGone } of script) {
        for (let i = 0; i < count; i++) {
          if (isGone && rows.length > 0) {
            const [row] = rows.splice((i * 7919) % rows.length, 1) as [number]
            table.remove(hashOf(row), row)
          } else {
            rows.push(next)
            table.add(hashOf(next), next++)
          }
        }
      }
      const expected = new Map<number, number[]>()
      for (let row = 0; row < next; row++) expected.set(hashOf(row), [])
      for (const row of rows) expected.get(hashOf(row))?.push(row)
      for (const [hash, those] of expected) {
        assert.deepEqual(
          found(table, hash),
          those.sort((a, b) => a - b),
        )
      }
    }),
    { numRuns: 60 },
  )
})

t.test('it is in segments that stay small: one row more never moves all that is there', async (t) => {
  const table = new RowTable()
  for (let row = 0; row < 200_000; row++) table.add(mixed(row), row)
  let largest = 0
  for (let row = 0; row < 200_000; row++) largest = Math.max(largest, table.placesOf(mixed(row)).length)
  t.equal(largest, 1024)
  for (let row = 0; row < 2000; row++) table.add(5, row)
  t.equal(found(table, 5).length, 2000, 'what cannot be parted is in one that is larger')
})

t.test('rows are given out again, and keep what they were given', async () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3000), { minLength: 1, maxLength: 40 }), (script) => {
      const rows = new Rows(3)
      const held = new Map<number, number>()
      let stamp = 0
      for (const [step, count] of script.entries()) {
        if (step % 2 === 0) {
          for (let i = 0; i < count; i++) {
            const row = rows.take()
            assert.ok(!held.has(row) && row < rows.highest)
            held.set(row, ++stamp)
            for (let word = 0; word < 3; word++) rows.set(row, word, stamp * word)
          }
        } else {
          for (const row of [...held.keys()].slice(0, count)) {
            held.delete(row)
            rows.giveBack(row)
          }
        }
      }
      for (const [row, value] of held) {
        for (let word = 0; word < 3; word++) assert.equal(rows.get(row, word), value * word)
      }
    }),
    { numRuns: 30 },
  )
})
