import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { ProtocolError } from '../../protocol/error.ts'
import { copyBytes } from '../../protocol/primitives/copy.ts'
import { ExactReader, Reader } from '../../protocol/primitives/reader.ts'
import { StringTable } from '../../protocol/primitives/string-table.ts'
import { textOf } from '../../protocol/primitives/text.ts'
import { COPY_LIMIT, Writer } from '../../protocol/primitives/writer.ts'
import { ZERO_UUID } from '../../protocol/schema.ts'

function written(write: (writer: Writer) => void, chunkSize?: number): Buffer {
  const writer = new Writer(chunkSize)
  write(writer)
  const { length } = writer
  const whole = Buffer.concat(writer.take())
  assert.equal(whole.length, length)
  assert.equal(writer.length, 0)
  return whole
}

const hex = (write: (writer: Writer) => void) => written(write).toString('hex')

t.test('numbers', async (t) => {
  t.equal(
    hex((w) => w.int64(-1)),
    'ffffffffffffffff',
  )
  t.equal(
    hex((w) => w.int64(2 ** 53)),
    '0020000000000000',
  )
  t.equal(
    hex((w) => w.int64(-(2n ** 63n))),
    '8000000000000000',
  )
  t.equal(
    hex((w) => w.int64(2 ** 63)),
    '7fffffffffffffff',
    'how a number holds Long.MAX_VALUE',
  )
  t.equal(
    hex((w) => w.unsignedVarint(127)),
    '7f',
  )
  t.equal(
    hex((w) => w.unsignedVarint(300)),
    'ac02',
  )
  t.equal(
    hex((w) => w.unsignedVarint(2 ** 32 - 1)),
    'ffffffff0f',
  )

  const reader = new Reader(Buffer.from('ac02ffffffff0f7f', 'hex'))
  t.same([reader.unsignedVarint(), reader.unsignedVarint(), reader.unsignedVarint()], [300, 2 ** 32 - 1, 127])
  t.throws(() => new Reader(Buffer.alloc(9, 0xff)).unsignedVarint(), ProtocolError, 'one that does not end')

  const longest = Buffer.from('7fffffffffffffff', 'hex')
  t.equal(new Reader(longest).int64(), 2 ** 63)
  t.equal(new ExactReader(longest).int64() as unknown, 2n ** 63n - 1n)
})

t.test('texts of every length and alphabet, with and without a table of names', async () => {
  const text = fc.oneof(
    fc.string({ maxLength: 120, size: 'max' }),
    fc.string({ unit: 'grapheme', maxLength: 60, size: 'max' }),
  )
  const names = new StringTable()
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (texts) => {
      const whole = written((w) => {
        for (const one of texts) w.string(one)
        for (const one of texts) w.compactNullableString(one)
      }, 256)
      for (const strings of [undefined, names, names]) {
        const reader = new Reader(whole, 0, strings)
        for (const one of texts) assert.equal(reader.nullableString(), one)
        for (const one of texts) assert.equal(reader.compactNullableString(), one)
        assert.equal(reader.remaining, 0)
      }
    }),
  )
})

t.test('texts at their limits', async (t) => {
  t.equal(written((w) => w.string('x'.repeat(32_767))).length, 32_769)
  t.throws(() => written((w) => w.string('x'.repeat(32_768))), ProtocolError)
  t.throws(() => written((w) => w.string('ü'.repeat(16_384))), ProtocolError, 'bytes count, not characters')
  t.equal(
    hex((w) => w.string('\ud800')),
    '0003efbfbd',
    'half a surrogate pair has no UTF-8',
  )
  const broken = Buffer.from('61ff62', 'hex')
  t.equal(textOf(broken, 0, 3), 'a\ufffdb')
})

t.test('two names that share a place in the table are still told apart', async () => {
  const names = new StringTable()
  for (let i = 0; i < 20_000; i++) {
    const name = Buffer.from(`name-${i % 7_000}`)
    const reader = new Reader(Buffer.concat([Buffer.from([0, name.length]), name]), 0, names)
    assert.equal(reader.nullableString(), `name-${i % 7_000}`)
  }
})

t.test('UUIDs', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const buffer = Buffer.from(bytes)
      const text = new Reader(buffer).uuid()
      assert.equal(text, buffer.toString('base64url'))
      assert.deepEqual(
        written((w) => w.uuid(text)),
        buffer,
      )
    }),
  )
  t.equal(new Reader(Buffer.alloc(16)).uuid(), ZERO_UUID)
  t.equal(
    hex((w) => w.uuid(ZERO_UUID)),
    '00'.repeat(16),
  )
  for (const wrong of [
    '',
    'short',
    `${ZERO_UUID}A`,
    `${'A'.repeat(21)}=`,
    `é${'A'.repeat(21)}`,
    `${'A'.repeat(19)}+AA`,
  ]) {
    t.throws(() => written((w) => w.uuid(wrong)), ProtocolError, wrong)
  }
})

t.test('what is long is held by reference, what is short is copied', async (t) => {
  const long = Buffer.alloc(COPY_LIMIT, 1)
  const short = Buffer.alloc(COPY_LIMIT - 1, 2)
  const writer = new Writer(COPY_LIMIT)
  writer.bytes(short)
  writer.compactNullableRecords([long, short])
  writer.nullableRecords(null)
  const slices = writer.take()
  t.ok(slices.includes(long))
  const whole = Buffer.concat(slices)
  const reader = new Reader(whole)
  t.same(reader.nullableBytes(), short)
  t.same(reader.compactNullableBytes(), Buffer.concat([long, short]))
  t.equal(reader.nullableBytes(), null)
  t.equal(reader.remaining, 0)
  short.fill(9)
  t.equal(whole.subarray(4).indexOf(9), -1)
})

t.test('lists of int32', async (t) => {
  for (const length of [0, 1, 2, 3, 4, 5_000]) {
    const list = Array.from({ length }, (_, i) => i * 400_003 - 7)
    const whole = written((w) => w.int32s(list), 64)
    assert.deepEqual(new Reader(whole).int32s(length), list)
  }
  t.throws(() => new Reader(Buffer.alloc(7)).int32s(2), RangeError)
})

t.test('copied bytes arrive whole wherever they begin, and nothing beside them', async () => {
  const room = 4096
  const sizes = fc.oneof(fc.nat(64), fc.integer({ min: 500, max: 530 }), fc.nat(2000))
  fc.assert(
    fc.property(sizes, fc.nat(1000), fc.nat(1000), fc.boolean(), (size, start, at, isShared) => {
      const source = Buffer.from(Array.from({ length: room }, (_, i) => (i * 37) % 251))
      const target = isShared ? Buffer.from(new SharedArrayBuffer(room)) : Buffer.alloc(room)
      target.fill(255)
      copyBytes(source, start, start + size, target, at)
      const isRight = target.subarray(at, at + size).equals(source.subarray(start, start + size))
      const around = [...target.subarray(0, at), ...target.subarray(at + size)]
      return isRight && around.every((byte) => byte === 255)
    }),
  )
})
