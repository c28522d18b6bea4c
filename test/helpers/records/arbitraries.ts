import fc from 'fast-check'
import type { CompressionName } from '../../../protocol/records/compression/codecs.ts'
import type { BatchInput } from '../../../protocol/records/encode-batch.ts'
import type { MessageSetInput } from '../../../protocol/records/message-set.ts'
import type { RecordInput } from '../../../protocol/records/record.ts'

/** What tests allow a batch to decompress to. */
export const MAX_BYTES = 10_000_000

export const bytesOrNull = fc.option(
  fc
    .oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 200, size: 'max' }))
    .map((bytes) => Buffer.from(bytes)),
  { freq: 4 },
)

const timestamp = fc.oneof(
  fc.integer({ min: 1_600_000_000_000, max: 1_600_000_900_000 }),
  fc.nat(),
  fc.constant(-1),
)

const header = fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 12 }), value: bytesOrNull })

const record = fc.record({
  gap: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat({ max: 1000 })),
  timestamp,
  key: bytesOrNull,
  value: bytesOrNull,
  headers: fc.array(header, { maxLength: 3 }),
})

/** Records with growing offsets from `baseOffset` on, mostly without gaps. */
export function records(baseOffset: number, options: { minLength?: number; maxLength: number }) {
  return fc.array(record, options).map((list): Required<RecordInput>[] => {
    let next = baseOffset
    return list.map(({ gap, ...rest }) => {
      const offset = next + gap
      next = offset + 1
      return { offset, ...rest }
    })
  })
}

export const compression = fc.constantFrom<CompressionName>('none', 'gzip', 'snappy', 'lz4', 'zstd')

const offset = fc.oneof(fc.constant(0), fc.nat(), fc.integer({ min: 0, max: 2 ** 50 }))

const options = fc.record(
  {
    compression,
    logAppendTime: fc.nat(),
    deleteHorizonMs: fc.nat(),
  },
  { requiredKeys: [] },
)

const headerFields = fc.record({
  partitionLeaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  producerId: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 50 })),
  producerEpoch: fc.integer({ min: -1, max: 32767 }),
  baseSequence: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  isTransactional: fc.boolean(),
  isControl: fc.boolean(),
})

/** A batch of v2 with any header, any codec, up to 12 records. */
export const anyBatch: fc.Arbitrary<BatchInput & { records: Required<RecordInput>[] }> = offset.chain(
  (baseOffset) =>
    fc
      .tuple(records(baseOffset, { minLength: 1, maxLength: 12 }), options, headerFields)
      .map(([list, some, fields]) => ({ baseOffset, records: list, ...some, ...fields })),
)

/** Messages of v0 or v1, wrapped where there is compression. */
export const anyMessageSet: fc.Arbitrary<MessageSetInput & { records: Required<RecordInput>[] }> = fc
  .tuple(
    fc.constantFrom<0 | 1>(0, 1),
    fc.oneof(fc.constant(0), fc.nat()).chain((base) => records(base, { minLength: 1, maxLength: 8 })),
    fc.constantFrom<CompressionName>('none', 'gzip', 'snappy', 'lz4'),
    fc.option(fc.nat(), { nil: undefined }),
  )
  .map(([magic, list, codec, logAppendTime]) => ({
    magic,
    records: list,
    compression: codec,
    ...(logAppendTime === undefined ? {} : { logAppendTime }),
  }))
