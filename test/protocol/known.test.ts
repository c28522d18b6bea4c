import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { KnownStrings } from '../../protocol/primitives/known-strings.ts'
import { KnownUuids } from '../../protocol/primitives/known-uuids.ts'
import { Reader } from '../../protocol/primitives/reader.ts'
import { StringTable } from '../../protocol/primitives/string-table.ts'
import { Writer } from '../../protocol/primitives/writer.ts'

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Names of every length, many of them alike. */
const names = fc.oneof(
  fc.nat(200).map((i) => `topic-${i}`),
  fc.nat(40).map((i) => `${i}`),
  fc.nat(60).map((i) => 'long.'.repeat(20) + i),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
)

t.test('strings are known by their bytes while they are there', async () => {
  fc.assert(
    fc.property(fc.array(names, { maxLength: 300, size: 'max' }), (toggles) => {
      const known = new KnownStrings()
      const numbers = new Map<string, number>()
      for (const [i, text] of toggles.entries()) {
        if (numbers.delete(text)) {
          known.remove(text)
        } else {
          known.add(text, i)
          numbers.set(text, i)
        }
      }
      assert.equal(known.size, numbers.size)
      const strings = new StringTable({ strings: known, uuids: new KnownUuids() })
      for (const text of [...toggles, 'not there', 'x']) {
        const number = numbers.get(text) ?? -1
        const bytes = Buffer.from(`..${text}..`)
        const length = bytes.length - 4
        assert.equal(known.find(viewOf(bytes), 2, length), number)
        assert.equal(known.text(number), number < 0 ? undefined : text)
        assert.equal(strings.read(bytes, 2, 2 + length, viewOf(bytes)), text)
      }
    }),
    { numRuns: 100 },
  )
})

t.test('UUIDs are known by their bytes while they are there', async () => {
  const uuids = fc
    .tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(20))
    .map((words) => Buffer.from(Int32Array.from(words).buffer).toString('base64url'))
  fc.assert(
    fc.property(fc.array(uuids, { maxLength: 300, size: 'max' }), (toggles) => {
      const known = new KnownUuids()
      const numbers = new Map<string, number>()
      for (const [i, uuid] of toggles.entries()) {
        if (numbers.delete(uuid)) {
          known.remove(uuid)
        } else {
          known.add(uuid, i)
          numbers.set(uuid, i)
        }
      }
      assert.equal(known.size, numbers.size)
      const strings = new StringTable({ strings: new KnownStrings(), uuids: known })
      for (const uuid of [...toggles, 'AAAAAAAAAAAAAAAAAAAAAA', '_____________________w']) {
        const writer = new Writer()
        writer.uuid(uuid)
        const bytes = Buffer.concat(writer.take())
        const number = numbers.get(uuid) ?? -1
        assert.equal(known.find(viewOf(bytes), 0), number)
        assert.equal(known.numberOf(uuid), number)
        assert.equal(known.text(number), number < 0 ? undefined : uuid)
        assert.equal(new Reader(bytes, 0, strings).uuid(), uuid)
      }
    }),
    { numRuns: 100 },
  )
})

t.test('what is too long or nothing at all cannot be known', async (t) => {
  const known = new KnownStrings()
  t.throws(() => known.add('', 1), RangeError)
  t.throws(() => known.add('x'.repeat(256), 1), RangeError)
  t.throws(() => known.add('x', 2 ** 24 - 1), RangeError)
  known.add('x'.repeat(255), 2 ** 24 - 2)
  t.equal(known.find(viewOf(Buffer.alloc(256, 'x')), 0, 255), 2 ** 24 - 2)
  t.equal(known.find(viewOf(Buffer.alloc(256, 'x')), 0, 256), -1)
  t.equal(known.find(viewOf(Buffer.alloc(256, 'x')), 0, 0), -1)
})
