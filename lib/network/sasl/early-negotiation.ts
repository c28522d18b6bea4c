import { Reader } from '../../../protocol/primitives/reader.ts'
import type { Reply } from '../gate.ts'

/**
 * How KIP-43's drafts let a client say what it authenticates by, before there was SaslHandshake. No broker was released with
 * either. Tokens go without anything around them but their size.
 * - `kip43-empty-frame`: the client's first frame is empty; it is told the mechanisms, names one, and sends its tokens.
 *   Whoever begins otherwise is served as ever.
 * - `kip43-none`: the first frame is a token of the listener's one mechanism, as on the draft's protocols SASL2_*.
 */
export type EarlyNegotiation = 'kip43-empty-frame' | 'kip43-none'

/** The one version that the draft has, of what both sides say. */
const VERSION = 0

/** `version int16, mechanisms []string`. */
export function mechanismOffer(mechanisms: readonly string[]): Reply {
  return (writer) => {
    writer.beginFrame()
    writer.int16(VERSION)
    writer.int32(mechanisms.length)
    for (const mechanism of mechanisms) writer.string(mechanism)
    writer.endFrame()
  }
}

/** `version int16, mechanism string`; undefined for a frame that is anything else. */
export function mechanismChoice(frame: Buffer): string | undefined {
  const reader = new Reader(frame)
  try {
    const version = reader.int16()
    const mechanism = reader.nullableString()
    if (mechanism === null || version !== VERSION || reader.remaining > 0) return undefined
    return mechanism
  } catch {
    return undefined
  }
}
