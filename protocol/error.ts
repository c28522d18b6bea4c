/** Bytes that are not what the protocol allows; the only error that decoding throws. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}
