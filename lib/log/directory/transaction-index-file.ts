import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ProtocolError } from '../../../protocol/error.ts'
import { abortedTxn } from '../../../protocol/formats/aborted-txn.ts'
import { decodeVersioned, encodeVersioned } from '../../../protocol/formats/versioned.ts'
import type { AbortedEntry } from '../transaction-index.ts'

/** The version, and four int64. */
const ENTRY_BYTES = 34
const VERSION = 0

/** Writes a segment's `.txnindex`: none where there is nothing to tell (TransactionIndex). */
export function writeTransactionIndex(path: string, entries: readonly AbortedEntry[]): void {
  if (entries.length === 0) rmSync(path, { force: true })
  else writeFileSync(path, Buffer.concat(entries.map((entry) => encodeVersioned(abortedTxn, VERSION, entry))))
}

/** @throws ProtocolError for a file that is something else */
export function readTransactionIndex(path: string): AbortedEntry[] {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  if (bytes.length % ENTRY_BYTES !== 0) throw new ProtocolError(`${path} does not hold whole entries`)
  const entries: AbortedEntry[] = []
  for (let position = 0; position < bytes.length; position += ENTRY_BYTES) {
    entries.push(decodeVersioned(abortedTxn, bytes.subarray(position, position + ENTRY_BYTES)).value)
  }
  return entries
}
