import type { Reader } from '../../protocol/primitives/reader.ts'
import type { Writer } from '../../protocol/primitives/writer.ts'
import type { Api } from '../../protocol/schema.ts'
import type { Clock } from '../lab/clock.ts'
import type { Logger } from '../lab/logger.ts'
import type { FrameMemory } from '../memory/frame-memory.ts'
import type { Dispatcher, Served } from './dispatcher.ts'
import type { Gate } from './gate.ts'
import type { Answer, RequestContext } from './handler.ts'
import type { Session } from './session.ts'

/**
 * Stands between decoding and handler where it is set: sees the request, may change, delay or replace the answer. What it
 * keeps of a request or an answer longer than the request lasts, it copies: records lie in memory that is used again.
 */
export type Intercept = (
  served: Served,
  request: unknown,
  context: RequestContext,
) => Answer<Api> | Promise<Answer<Api>>

/** What the connections of a listener have in common. */
export interface ConnectionSettings {
  readonly dispatcher: Dispatcher
  /** Decodes requests; may serve every connection of the process. */
  readonly reader: Reader
  /** Encodes responses; may serve every connection of the process. */
  readonly writer: Writer
  readonly clock: Clock
  readonly logger: Logger
  /** For requests whose records may stay where they were received; undefined: ordinary memory. */
  readonly frameMemory?: FrameMemory | undefined
  /** `socket.request.max.bytes`. */
  readonly maxRequestSize: number
  readonly intercept?: Intercept | undefined
  /** Makes what peers must get past, on listeners where they must. */
  readonly gate?: ((session: Session) => Gate) | undefined
}
