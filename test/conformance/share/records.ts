import { baseOffset, isControlBatch, lastOffset } from '../../../protocol/records/batch.ts'
import { BatchCursor } from '../../../protocol/records/batch-cursor.ts'

/**
 * An answer without what is chance in it: batches are told by their offsets, for times and checksums differ from run to run, and
 * of assigned partitions it is told how many there are, for which goes to whom is up to Kafka's hash maps.
 */
export function withoutChance(value: unknown, name = ''): unknown {
  if (Buffer.isBuffer(value)) return batchesIn(value)
  if (Array.isArray(value)) return inOrder(value).map((each) => withoutChance(each, name))
  if (name === 'acknowledgeErrorMessage' && value !== null) return 'SOME MESSAGE'
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([field, of]) => {
    const isCounted = name === 'topicPartitions' && field === 'partitions' && Array.isArray(of)
    return [field, isCounted ? of.length : withoutChance(of, field)]
  })
  return Object.fromEntries(fields)
}

/** Partitions come in the order of a hash map. */
function inOrder(values: readonly unknown[]): readonly unknown[] {
  const indexOf = (value: unknown) => (value as { partitionIndex?: number } | null)?.partitionIndex ?? -1
  return [...values].sort((a, b) => indexOf(a) - indexOf(b))
}

function batchesIn(records: Buffer): string {
  const batches: string[] = []
  const cursor = new BatchCursor(records)
  while (cursor.next()) {
    const { buffer, position } = cursor
    const kind = isControlBatch(buffer, position) ? ' control' : ''
    batches.push(`${baseOffset(buffer, position)}-${lastOffset(buffer, position)}${kind}`)
  }
  return batches.join(' ')
}
