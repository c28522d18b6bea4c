import fc from 'fast-check'
import t from 'tap'
import { ProtocolError } from '../../../protocol/error.ts'
import {
  CompressionType,
  compress,
  compressionName,
  decompress,
} from '../../../protocol/records/compression/codecs.ts'
import {
  compressZstd,
  decompressZstdWithoutNode,
  zstdReady,
} from '../../../protocol/records/compression/zstd.ts'

const MEGABYTE = 1024 * 1024
const codes = Object.values(CompressionType).filter((code) => code !== CompressionType.none)

/** Bytes with repetitions in them, so that every kind of block and match occurs. */
const content = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 300 })), { maxLength: 30 })
  .map((runs) => Buffer.concat(runs.flatMap(([bytes, times]) => Array<Uint8Array>(times).fill(bytes))))

t.before(() => zstdReady())

t.test('what was compressed comes back, in every codec', async (t) => {
  for (const code of codes) {
    for (const magic of [0, 1, 2]) {
      fc.assert(
        fc.property(content, (bytes) => {
          const compressed = compress(code, bytes, magic)
          return decompress(code, compressed, bytes.length, magic).equals(bytes)
        }),
        { numRuns: 60 },
      )
    }
    t.pass(`${compressionName(code)}`)
  }
})

t.test('large contents come back, and not one byte more than allowed comes out', async (t) => {
  const repeated = Buffer.alloc(3 * MEGABYTE, 'what is said once is said again, ')
  const noise = Buffer.alloc(2 * MEGABYTE)
  for (let index = 0, state = 1; index < noise.length; index++) {
    state = (Math.imul(state, 1103515245) + 12345) | 0
    noise[index] = state >>> 16
  }
  for (const code of codes) {
    for (const bytes of [repeated, noise, Buffer.concat([noise, repeated])]) {
      const compressed = compress(code, bytes)
      t.ok(decompress(code, compressed, bytes.length).equals(bytes), `${compressionName(code)}`)
      t.throws(() => decompress(code, compressed, bytes.length - 1), ProtocolError)
      t.throws(() => decompress(code, compressed, 0), ProtocolError)
    }
  }
})

t.test('bombs are refused before they take memory', async (t) => {
  const bomb = Buffer.alloc(64 * MEGABYTE)
  for (const code of codes) {
    const compressed = compress(code, bomb)
    const before = process.memoryUsage()
    t.throws(() => decompress(code, compressed, MEGABYTE), ProtocolError, `${compressionName(code)}`)
    const after = process.memoryUsage()
    t.ok(after.external - before.external < 16 * MEGABYTE, `${compressionName(code)} stays small`)
  }
})

t.test('mutated and truncated bytes: a value within the limit, or the one error', async (t) => {
  for (const code of codes) {
    fc.assert(
      fc.property(
        content,
        fc.nat(),
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.nat({ max: 3 }),
        (bytes, a, b, byte, kind) => {
          let compressed = Buffer.from(compress(code, bytes))
          if (kind === 0) compressed = compressed.subarray(0, a % (compressed.length + 1))
          if (kind > 0 && compressed.length > 0) compressed[a % compressed.length] = byte
          if (kind === 2 && compressed.length > 0)
            compressed[b % Math.min(compressed.length, 24)] = byte ^ 0xff
          return withinLimit(
            () => decompress(code, compressed, bytes.length, kind === 3 ? 0 : 2),
            bytes.length,
          )
        },
      ),
      { numRuns: 400 },
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        withinLimit(() => decompress(code, Buffer.from(bytes), 10_000), 10_000),
      ),
      { numRuns: 300 },
    )
    t.pass(`${compressionName(code)}`)
  }
})

function withinLimit(read: () => Buffer, limit: number): boolean {
  try {
    return read().length <= limit
  } catch (error) {
    if (error instanceof ProtocolError) return true
    throw error
  }
}

t.test('snappy: raw blocks, and streams one after the other, as some clients send them', async (t) => {
  const bytes = Buffer.alloc(70_000, 'abcdefg')
  const framed = compress(CompressionType.snappy, bytes)
  t.equal(framed.subarray(0, 16).toString('hex'), '82534e41505059000000000100000001')
  t.ok(
    decompress(CompressionType.snappy, Buffer.concat([framed, framed]), 140_000).equals(
      Buffer.concat([bytes, bytes]),
    ),
  )
  const small = compress(CompressionType.snappy, Buffer.from('a raw block'))
  t.equal(decompress(CompressionType.snappy, small.subarray(20), 100).toString(), 'a raw block')
})

t.test('lz4: the header checksum of v0 is the broken one of KIP-57', async (t) => {
  const bytes = Buffer.from('some bytes for lz4')
  const right = compress(CompressionType.lz4, bytes, 2)
  const broken = compress(CompressionType.lz4, bytes, 0)
  t.not(right[6], broken[6])
  t.same(compress(CompressionType.lz4, bytes, 1), right)
  t.throws(() => decompress(CompressionType.lz4, broken, 100, 2), ProtocolError)
  t.throws(() => decompress(CompressionType.lz4, broken, 100, 1), ProtocolError)
  t.same(decompress(CompressionType.lz4, broken, 100, 0), bytes)
  t.same(decompress(CompressionType.lz4, right, 100, 0), bytes, 'readers of v0 take either')
})

t.test('zstd: the reader for older Nodes gives what the other gives', async () => {
  fc.assert(
    fc.property(content, fc.integer({ min: 1, max: 19 }), (bytes, level) => {
      const compressed = Buffer.from(compressZstd(bytes, level))
      const both = Buffer.concat([
        compressed,
        Buffer.from('502a4d18030000000102ff', 'hex').subarray(0, 11),
        compressed,
      ])
      return decompressZstdWithoutNode(both, 2 * bytes.length).equals(Buffer.concat([bytes, bytes]))
    }),
    { numRuns: 60 },
  )
})

t.test('zstd: a frame that asks for a huge window takes no such memory', async (t) => {
  // Window of 2^27 bytes, content size unknown, one raw block of three bytes.
  const frame = Buffer.from('28b52ffd0088190000616263', 'hex')
  const before = process.memoryUsage().external
  t.equal(decompressZstdWithoutNode(frame, 1000).toString(), 'abc')
  t.ok(process.memoryUsage().external - before < MEGABYTE)
  const larger = Buffer.from('28b52ffd0090190000616263', 'hex')
  t.throws(() => decompressZstdWithoutNode(larger, 1000), ProtocolError)
})

t.test('unknown codes', async (t) => {
  for (const code of [5, 6, 7]) {
    t.equal(compressionName(code), undefined)
    t.throws(() => compress(code, Buffer.alloc(1)), ProtocolError)
    t.throws(() => decompress(code, Buffer.alloc(1), 1), ProtocolError)
  }
})
