import { readSync } from 'node:fs'
import {
  BATCH_HEADER_BYTES,
  baseOffset,
  computeCrc,
  crc,
  lastOffset,
  magic,
  sizeInBytes,
} from '../../../protocol/records/batch.ts'

const CHUNK_BYTES = 1024 * 1024
const BATCH_MAGIC = 2

export interface ScanResult {
  /** Behind the last batch that is whole and right. */
  readonly end: number
  /** What is wrong with what follows; null at the end of the file. */
  readonly fault: string | null
}

/**
 * Walks over the batches of a file, checking each, its CRC included, until the first one that cannot have been written
 * whole.
 *
 * @param minOffset no batch may begin below
 * @param visit gets each batch as `buffer[offset, ...]`; it is there until `visit` returns
 * @throws Error for messages of the formats before v2, which are whole, but are not served
 */
export function scanBatches(
  file: { readonly path: string; readonly fd: number; readonly size: number },
  minOffset: number,
  visit: (buffer: Buffer, offset: number, position: number) => void,
): ScanResult {
  const { fd, size } = file
  let buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let start = 0
  let filled = 0
  let position = 0
  let nextOffset = minOffset
  const holds = (bytes: number): boolean => {
    if (position + bytes > size) return false
    if (position - start + bytes <= filled) return true
    if (bytes > buffer.length) buffer = Buffer.allocUnsafeSlow(bytes)
    start = position
    filled = readSync(fd, buffer, 0, Math.min(buffer.length, size - position), position)
    return filled >= bytes
  }
  const stop = (fault: string | null): ScanResult => ({ end: position, fault })

  while (position < size) {
    if (!holds(BATCH_HEADER_BYTES)) return stop('it ends within the header of a batch')
    const bytes = sizeInBytes(buffer, position - start)
    const format = magic(buffer, position - start)
    if (position === 0 && (format === 0 || format === 1) && bytes <= size) {
      throw new Error(`${file.path} holds messages of format v${format}: only record batches, v2, are read`)
    }
    if (format !== BATCH_MAGIC || bytes < BATCH_HEADER_BYTES) return stop('there is no batch')
    if (!holds(bytes)) return stop('it ends within a batch')
    const offset = position - start
    if (baseOffset(buffer, offset) < nextOffset || lastOffset(buffer, offset) < baseOffset(buffer, offset)) {
      return stop(`a batch has the offset ${baseOffset(buffer, offset)} where ${nextOffset} is due`)
    }
    if (computeCrc(buffer, offset) !== crc(buffer, offset)) return stop('the CRC of a batch is wrong')
    visit(buffer, offset, position)
    nextOffset = lastOffset(buffer, offset) + 1
    position += bytes
  }
  return stop(null)
}
