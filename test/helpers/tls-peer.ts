import { once } from 'node:events'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { FramePeer } from './network.ts'

export interface TlsPeer extends FramePeer {
  readonly socket: TLSSocket
}

/** A raw peer whose TLS handshake has succeeded as far as it can tell; destroyed at the end of the test. */
export async function tlsPeer(
  t: { teardown(callback: () => void): unknown },
  address: string,
  options: ConnectionOptions,
): Promise<TlsPeer> {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: Number(address.slice(colon + 1)), ...options })
  t.teardown(() => socket.destroy())
  const peer = new FramePeer(socket)
  await once(socket, 'secureConnect')
  return peer as TlsPeer
}
