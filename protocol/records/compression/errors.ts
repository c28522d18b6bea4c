import { ProtocolError } from '../../error.ts'

export function tooLarge(codec: string, maxBytes: number): ProtocolError {
  return new ProtocolError(`${codec} data holds more than the ${maxBytes} bytes allowed`)
}

/** What a codec's library throws differs from one to the next; callers see the one error. */
export function corrupt(codec: string, reason: unknown): ProtocolError {
  return new ProtocolError(`corrupt ${codec} data: ${reason instanceof Error ? reason.message : reason}`)
}
