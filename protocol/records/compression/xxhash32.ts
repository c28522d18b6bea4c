const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
const PRIME_5 = 0x165667b1

/**
 * XXH32 with seed 0 of fewer than 16 bytes: all that the header checksum of an lz4 frame needs (its header has at
 * most 14), so the striped main loop of longer inputs is left out. Unsigned.
 */
export function xxhash32(buffer: Buffer, start: number, end: number): number {
  if (end - start >= 16) throw new RangeError('xxhash32 is for inputs below 16 bytes')
  let hash = (PRIME_5 + (end - start)) | 0
  let position = start
  for (; position + 4 <= end; position += 4) {
    const word =
      buffer[position]! |
      (buffer[position + 1]! << 8) |
      (buffer[position + 2]! << 16) |
      (buffer[position + 3]! << 24)
    hash = (hash + Math.imul(word, PRIME_3)) | 0
    hash = Math.imul((hash << 17) | (hash >>> 15), PRIME_4)
  }
  for (; position < end; position++) {
    hash = (hash + Math.imul(buffer[position]!, PRIME_5)) | 0
    hash = Math.imul((hash << 11) | (hash >>> 21), PRIME_1)
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return (hash ^ (hash >>> 16)) >>> 0
}
