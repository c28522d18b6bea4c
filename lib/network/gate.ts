import type { Writer } from '../../protocol/primitives/writer.ts'

/** Writes one frame. */
export type Reply = (writer: Writer) => void

/** What becomes of a frame that no handler has seen. */
export type Verdict =
  | { readonly kind: 'answer'; readonly reply: Reply }
  /** A request for its handler, though the gate is not open. */
  | { readonly kind: 'serve'; readonly frame: Buffer }
  /** Closed at once, nothing is sent. */
  | { readonly kind: 'close'; readonly why: string; readonly error?: unknown }
  /** Closed after a while; what there is to say is said then and not before (KIP-306). */
  | { readonly kind: 'fail'; readonly why: string; readonly reply: Reply | undefined }

/** `pass`: to its handler. `take`: the gate takes the frame itself. `kill`: the connection has no right to ask any more. */
export type Admission = 'pass' | 'take' | 'kill'

/** Stands between a connection's frames and the handlers, where peers must show first who they are. One per connection. */
export interface Gate {
  /** Whether frames go on to their handlers, if `admit` lets them; else each one is for `take`. */
  readonly isOpen: boolean
  /** Bytes that the next frame may have. */
  readonly maxFrameSize: number
  /** How long a `fail` takes, milliseconds. */
  readonly failureDelayMs: number
  /** A promise where there is something to wait for: no other frame is taken meanwhile. A rejection closes the connection. */
  take(frame: Buffer): Verdict | Promise<Verdict>
  /** Asked for every request while open, once its header has been read. */
  admit(apiKey: number): Admission
  /** A frame was announced that is larger than `maxFrameSize`, while not open. */
  refuseSize(): Verdict
  /** The connection is gone. */
  closed(): void
}
