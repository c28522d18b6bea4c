import { gunzipSync, gzipSync } from 'node:zlib'
import { corrupt, tooLarge } from './errors.ts'

const SMALLEST_CHUNK = 1024
/** Node's default of 16 KB inflates 1 MB at half the speed of this. */
const LARGEST_CHUNK = 256 * 1024

export function gzip(source: Buffer, level?: number): Buffer {
  return level === undefined ? gzipSync(source) : gzipSync(source, { level })
}

export function gunzip(source: Buffer, maxBytes: number): Buffer {
  const chunkSize = Math.min(Math.max(source.length * 4, SMALLEST_CHUNK), LARGEST_CHUNK)
  try {
    return gunzipSync(source, { chunkSize, maxOutputLength: Math.max(maxBytes, 1) })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('gzip', maxBytes)
    throw corrupt('gzip', error)
  }
}
