/*
 * Compares our record formats with Kafka's, in both directions:
 *
 *   node dist/test/conformance/records/check.js [--seed N] [--count N] [--write-fixture]
 *
 * Needs Java and Maven. Prints what was compared and ends with 1 if anything differed. With --write-fixture, the
 * records that Kafka made are kept in fixtures/records/, where `npm test` reads them without Java.
 */
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import fc from 'fast-check'
import { baseTimestamp, compressionCode, MAGIC_POSITION } from '../../../protocol/records/batch.ts'
import { CompressionType } from '../../../protocol/records/compression/codecs.ts'
import { zstdReady } from '../../../protocol/records/compression/zstd.ts'
import { encodeEndTxnMarkerBatch } from '../../../protocol/records/control.ts'
import { downConvert } from '../../../protocol/records/down-convert.ts'
import { encodeBatch } from '../../../protocol/records/encode-batch.ts'
import { encodeMessageSet } from '../../../protocol/records/message-set.ts'
import { anyBatch, anyMessageSet, MAX_BYTES } from '../../helpers/records/arbitraries.ts'
import { render } from '../../helpers/records/render.ts'
import { appendOurs, type Produced, produced } from './append.ts'
import { JavaProgram } from './java.ts'

interface Vector {
  name: string
  bytes: string
  batches: unknown[]
}

const FIXTURE = fileURLToPath(new URL('../../../../fixtures/records/kafka-records.json', import.meta.url))
const FIXTURE_LIMIT_BYTES = 300_000

export interface CheckOptions {
  seed?: number | undefined
  count?: number | undefined
  writeFixture?: boolean | undefined
}

export interface Checked {
  compared: number
  differences: number
  details: string[]
}

let seed = 0
let count = 0
let compared = 0
let differences = 0
let details: string[] = []

function compare(what: string, ours: unknown, theirs: unknown, context: string): void {
  compared += 1
  if (isDeepStrictEqual(ours, theirs)) return
  differences += 1
  if (differences > 10) return
  details.push(
    `DIFFERENT: ${what}\n  ours   ${JSON.stringify(ours)}\n  Kafka  ${JSON.stringify(theirs)}\n  ${context}`,
  )
}

function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return String(error)
  }
}

function kafkaWritesWeRead(java: JavaProgram, keep: boolean): void {
  const vectors = java.run(['write', String(seed), String(count)]) as Vector[]
  for (const { name, bytes, batches } of vectors) {
    compare(
      name,
      attempt(() => render(Buffer.from(bytes, 'hex'))),
      batches,
      bytes,
    )
  }
  details.push(`${vectors.length} records fields written by Kafka and read by us`)
  if (keep) writeFixture(vectors)
}

/** Of each kind the shortest and one from the lower third. */
function writeFixture(vectors: Vector[]): void {
  const kinds = new Map<string, Vector[]>()
  for (const vector of [...vectors].sort((a, b) => a.bytes.length - b.bytes.length)) {
    kinds.set(vector.name, [...(kinds.get(vector.name) ?? []), vector])
  }
  const kept: Vector[] = []
  for (const kind of kinds.values()) {
    kept.push(kind[0]!)
    if (kind.length > 1) kept.push(kind[Math.floor(kind.length / 3)]!)
  }
  const lines = kept.map((vector) => JSON.stringify(vector))
  const text = `[\n${lines.join(',\n')}\n]\n`
  if (text.length > FIXTURE_LIMIT_BYTES) throw new Error(`the fixture would have ${text.length} bytes`)
  writeFileSync(FIXTURE, text)
  details.push(`${kept.length} of them kept in ${text.length} bytes`)
}

function weWriteKafkaReads(java: JavaProgram): void {
  const marker = fc.record({
    type: fc.constantFrom<'COMMIT' | 'ABORT'>('COMMIT', 'ABORT'),
    coordinatorEpoch: fc.nat(),
    producerId: fc.nat(),
    producerEpoch: fc.nat({ max: 32767 }),
    timestamp: fc.nat(),
    baseOffset: fc.nat(),
    partitionLeaderEpoch: fc.nat(),
  })
  // Records of a control batch must be control records, which `marker` covers.
  const plain = anyBatch.map((input) => ({ ...input, isControl: false }))
  const written = fc.sample(
    fc.oneof(
      { weight: 6, arbitrary: plain.map(encodeBatch) },
      { weight: 4, arbitrary: anyMessageSet.map(encodeMessageSet) },
      { weight: 1, arbitrary: marker.map(encodeEndTxnMarkerBatch) },
    ),
    { numRuns: count, seed },
  )
  const read = java.run(
    ['read'],
    written.map((bytes) => bytes.toString('hex')),
  ) as { isValid: boolean }[][]
  for (const [index, bytes] of written.entries()) {
    const theirs = read[index]
    compare(
      'read by Kafka',
      attempt(() => render(bytes)),
      theirs,
      bytes.toString('hex'),
    )
    compare(
      'valid',
      true,
      Array.isArray(theirs) && theirs.every((batch) => batch.isValid),
      bytes.toString('hex'),
    )
  }
  details.push(`${written.length} records fields written by us and read by Kafka`)
}

function bothAppend(java: JavaProgram): void {
  const cases = fc.sample(produced, { numRuns: count * 2, seed })
  const results = java.run(
    ['validate'],
    cases.map(({ bytes, rules, compressionType }) =>
      [
        bytes.toString('hex'),
        rules.compacted,
        rules.timestampType,
        rules.timestampBeforeMaxMs,
        rules.timestampAfterMaxMs,
        compressionType,
        rules.maxDecompressedRecordBytes,
      ].join(' '),
    ),
  ) as { error: string; message?: string; batchIndexes?: number[]; maxTimestamp?: number; bytes?: string }[]
  let otherError = 0
  let stricter = 0
  let rounded = 0
  const outcomes = new Map<string, number>()
  for (const [index, produce] of cases.entries()) {
    const result = results[index]!
    outcomes.set(result.error, (outcomes.get(result.error) ?? 0) + 1)
    const { error, batchIndexes = [], maxTimestamp = null } = result
    const ours = appendOurs(produce)
    const context = `${produce.kind} ${result.message ?? ''} ${ours.message} ${JSON.stringify(produce.rules)} ${produce.bytes.toString('hex')}`
    const theirOutcome = { error, batchIndexes }
    const ourOutcome = { error: ours.error, batchIndexes: ours.batchIndexes }
    if (bentInside(produce) && ours.error !== 'NONE' && !isDeepStrictEqual(ourOutcome, theirOutcome)) {
      if (error === 'NONE') stricter += 1
      else otherError += 1
      continue
    }
    compare('appended', ourOutcome, theirOutcome, context)
    if (error !== 'NONE' || ours.error !== 'NONE') continue
    compare('largest timestamp', ours.maxTimestamp, maxTimestamp, context)
    if (ours.bytes === null) continue
    if (bentInside(produce) && isBeyondNumbers(ours.bytes)) {
      rounded += 1
      continue
    }
    compare(
      'appended bytes',
      attempt(() => comparable(ours.bytes!)),
      attempt(() => comparable(Buffer.from(result.bytes!, 'hex'))),
      context,
    )
  }
  const summary = [...outcomes].map(([error, times]) => `${error} ${times}`).join(', ')
  details.push(`${cases.length} produced fields validated and converted by both: ${summary}`)
  details.push(
    `  damaged behind a right CRC: ${otherError} refused with another error, ${stricter} by us alone; ${rounded} with timestamps after the year 287396`,
  )
}

/**
 * Kafka reads the fields of old messages only when it needs them, and checks records while it decompresses them, and skips over their fields without holding them against the
 * record's length; we decompress first and check all. So the one error that is found may be another one, and Kafka may
 * take what no consumer will be able to read. It must not be the other way round.
 */
function bentInside(produce: Produced): boolean {
  const { kind, bytes } = produce
  return kind === 'bent messages' || (kind === 'bent' && compressionCode(bytes, 0) !== CompressionType.none)
}

/** Timestamps of old messages are numbers to us: those beyond 2^53, which a changed byte can make, lose their last bits. */
function isBeyondNumbers(bytes: Buffer): boolean {
  return bytes.length > 0 && baseTimestamp(bytes, 0) > Number.MAX_SAFE_INTEGER
}

/** Compressed bytes may differ from library to library, and with them sizes and checksums. */
function comparable(bytes: Buffer): unknown {
  return render(bytes).map((batch) =>
    batch.compression === 'none' ? batch : { ...batch, crc: null, sizeInBytes: null },
  )
}

function bothConvertDown(): void {
  using java = new JavaProgram('old-kafka/DownConversions.java', 'old-kafka/pom.xml')
  const log = fc.tuple(
    fc.array(
      fc.oneof(
        { weight: 5, arbitrary: anyBatch.map(encodeBatch) },
        { weight: 1, arbitrary: anyMessageSet.map(encodeMessageSet) },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    fc.constantFrom<0 | 1>(0, 1),
    fc.nat({ max: 3000 }),
  )
  const cases = fc.sample(log, { numRuns: count, seed })
  const results = java.run(
    [],
    cases.map(([batches, magic, first]) => `${Buffer.concat(batches).toString('hex')} ${magic} ${first}`),
  ) as { error: string; bytes?: string }[]
  let converted = 0
  for (const [index, [batches, magic, first]] of cases.entries()) {
    const bytes = Buffer.concat(batches)
    const theirs = results[index]!
    const ours = downConvert(bytes, 0, bytes.length, magic, first, MAX_BYTES)
    const context = `to ${magic} from ${first}: ${bytes.toString('hex')}`
    // Theirs fails for zstd anywhere in the field; ours returns what comes before, as LazyDownConversionRecordsSend does.
    if (theirs.error !== 'NONE') {
      compare('zstd', hasZstd(batches), true, context)
      continue
    }
    converted += 1
    compare('converted', null, ours.failure, context)
    compare(
      'converted',
      attempt(() => comparable(ours.messages)),
      attempt(() => comparable(Buffer.from(theirs.bytes!, 'hex'))),
      context,
    )
  }
  details.push(`${cases.length} fields converted down by both, ${converted} without zstd`)
}

function hasZstd(batches: Buffer[]): boolean {
  return batches.some(
    (bytes) => bytes[MAGIC_POSITION] === 2 && compressionCode(bytes, 0) === CompressionType.zstd,
  )
}

/** Compares everything; one run at a time. */
export async function checkRecords(options: CheckOptions = {}): Promise<Checked> {
  seed = options.seed ?? (process.pid * 7919) % 1_000_000
  count = options.count ?? 1600
  compared = 0
  differences = 0
  details = [`seed ${seed}`]
  await zstdReady()
  {
    using java = new JavaProgram('RecordVectors.java', 'pom.xml')
    kafkaWritesWeRead(java, options.writeFixture ?? false)
    weWriteKafkaReads(java)
    bothAppend(java)
  }
  bothConvertDown()
  return { compared, differences, details }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, count: { type: 'string' }, 'write-fixture': { type: 'boolean' } },
  })
  const given = (text: string | undefined) => (text === undefined ? undefined : Number(text))
  const checked = await checkRecords({
    seed: given(values.seed),
    count: given(values.count),
    writeFixture: values['write-fixture'],
  })
  for (const line of checked.details) console.log(line)
  console.log(checked.differences === 0 ? 'no differences' : `${checked.differences} differences`)
  process.exitCode = checked.differences === 0 ? 0 : 1
}
