import { ProtocolError } from '../../error.ts'
import { gunzip, gzip } from './gzip.ts'
import { compressLz4, decompressLz4 } from './lz4.ts'
import { compressSnappy, decompressSnappy } from './snappy.ts'
import { compressZstd, decompressZstd } from './zstd.ts'

/** The codes in a batch's attributes, by Kafka's names. */
export const CompressionType = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const

export type CompressionName = keyof typeof CompressionType

const NAMES: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** Undefined for the codes 5 to 7, which are not assigned. */
export function compressionName(code: number): CompressionName | undefined {
  return NAMES[code]
}

/**
 * Compresses as Kafka's clients do. `magic` is the record format around it: lz4 in v0 has another header checksum.
 * `level` is the codec's own scale and defaults to Kafka's default; snappy and lz4 have none here.
 */
export function compress(code: number, source: Buffer, magic = 2, level?: number): Buffer {
  switch (code) {
    case CompressionType.none:
      return source
    case CompressionType.gzip:
      return gzip(source, level)
    case CompressionType.snappy:
      return compressSnappy(source)
    case CompressionType.lz4:
      return compressLz4(source, magic === 0)
    case CompressionType.zstd:
      return compressZstd(source, level)
    default:
      throw new ProtocolError(`compression type ${code} does not exist`)
  }
}

/**
 * The bytes that `source` holds in compressed form; at most `maxBytes`, and no more memory than about twice that on
 * the way. Throws `ProtocolError` for corrupt data, for more than `maxBytes`, and for an unknown code.
 */
export function decompress(code: number, source: Buffer, maxBytes: number, magic = 2): Buffer {
  switch (code) {
    case CompressionType.none:
      return source
    case CompressionType.gzip:
      return gunzip(source, maxBytes)
    case CompressionType.snappy:
      return decompressSnappy(source, maxBytes)
    case CompressionType.lz4:
      return decompressLz4(source, maxBytes, magic === 0)
    case CompressionType.zstd:
      return decompressZstd(source, maxBytes)
    default:
      throw new ProtocolError(`compression type ${code} does not exist`)
  }
}
