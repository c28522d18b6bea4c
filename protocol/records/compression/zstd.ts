import * as zlib from 'node:zlib'
import { lazyModule } from '../lazy-module.ts'
import { corrupt, tooLarge } from './errors.ts'
import { type ZstdFrame, zstdFrames } from './zstd-frames.ts'

/*
 * Node has zstd since 22.15. Before, `fzstd` (JavaScript) reads and `@bokuweb/zstd-wasm` writes; the latter is
 * initialized asynchronously, once per process: await `zstdReady()` before compressing. Reading needs no waiting.
 */

/** Not in the types of Node 20. */
interface ZlibWithZstd {
  zstdCompressSync?(source: Buffer, options?: { params?: Record<number, number> }): Buffer
  zstdDecompressSync?(source: Buffer, options: { maxOutputLength: number }): Buffer
}

/** ZSTD_c_compressionLevel */
const LEVEL_PARAMETER = 100
/** Kafka's default for `compression.zstd.level`. */
const DEFAULT_LEVEL = 3
const LARGEST_BLOCK = 128 * 1024

const native = zlib as ZlibWithZstd
const fzstd = lazyModule<typeof import('fzstd')>('fzstd')

let wasm: typeof import('@bokuweb/zstd-wasm') | undefined
let loading: Promise<void> | undefined

/** May `compressZstd` be used now? */
export function isZstdReady(): boolean {
  return native.zstdCompressSync !== undefined || wasm !== undefined
}

/** Resolves when `compressZstd` can be used: at once where Node has zstd, else after about 50 ms, once. */
export function zstdReady(): Promise<void> {
  if (isZstdReady()) return Promise.resolve()
  loading ??= loadWasm()
  return loading
}

async function loadWasm(): Promise<void> {
  const module = await import('@bokuweb/zstd-wasm')
  await module.init()
  wasm = module
}

/** Throws where Node has no zstd and `zstdReady` was not awaited. */
export function compressZstd(source: Buffer, level: number = DEFAULT_LEVEL): Buffer {
  if (native.zstdCompressSync !== undefined) {
    return native.zstdCompressSync(source, { params: { [LEVEL_PARAMETER]: level } })
  }
  if (wasm === undefined) throw new Error('zstd cannot compress yet: await zstdReady() first')
  const compressed = wasm.compress(source, level)
  return Buffer.from(compressed.buffer, compressed.byteOffset, compressed.length)
}

export function decompressZstd(source: Buffer, maxBytes: number): Buffer {
  if (native.zstdDecompressSync === undefined) return decompressZstdWithoutNode(source, maxBytes)
  try {
    return native.zstdDecompressSync(source, { maxOutputLength: Math.max(maxBytes, 1) })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('zstd', maxBytes)
    throw corrupt('zstd', error)
  }
}

/** The way of Node before 22.15, for every Node, so that tests can see it. */
export function decompressZstdWithoutNode(source: Buffer, maxBytes: number): Buffer {
  const parts: Uint8Array[] = []
  let total = 0
  for (const frame of zstdFrames(source)) {
    const stream = new (fzstd().Decompress)((part) => {
      total += part.length
      if (total > maxBytes) throw tooLarge('zstd', maxBytes)
      parts.push(part)
    })
    const bytes = withNeededWindow(source, frame, maxBytes)
    try {
      stream.push(bytes, true)
    } catch (error) {
      if (total > maxBytes) throw error
      throw corrupt('zstd', error)
    }
  }
  return Buffer.concat(parts, total)
}

/**
 * fzstd allocates the window that the frame asks for, up to 2 GB, however little follows. No window is needed that is
 * larger than the content, so a frame that asks for more is read with a smaller one written into a copy of it.
 */
function withNeededWindow(source: Buffer, frame: ZstdFrame, maxBytes: number): Buffer {
  const bytes = source.subarray(frame.start, frame.end)
  const needed = Math.max(Math.min(frame.contentBound, maxBytes), LARGEST_BLOCK)
  if (frame.windowPosition < 0) {
    if (frame.contentBound > maxBytes) throw tooLarge('zstd', maxBytes)
    return bytes
  }
  if (frame.windowBytes <= needed * 2) return bytes
  const copy = Buffer.from(bytes)
  copy[frame.windowPosition - frame.start] = Math.ceil(Math.log2(needed) - 10) << 3
  return copy
}
