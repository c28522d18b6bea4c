import { isIP, connect as netConnect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls'
import type { Listener } from './listener.ts'
import { type MemoryAddress, type MemorySocket, memorySocketPair } from './memory-socket.ts'

const LOCALHOST = '127.0.0.1'
/** Where the ports that systems give to clients begin (RFC 6335). */
const FIRST_CLIENT_PORT = 49_152
const CLIENT_PORTS = 65_536 - FIRST_CLIENT_PORT

/** What kafkajs's `socketFactory` option, and what follows its example, is called with. */
export interface SocketFactoryArguments {
  readonly host: string
  readonly port: number
  /** What `tls.connect` takes; for listeners that speak TLS. */
  readonly ssl?: object | null | undefined
  readonly onConnect?: () => void
}

/** Declared as `net.Socket`, which clients ask for; of its methods those are there that a client of a broker calls. */
export type SocketFactory = (options: SocketFactoryArguments) => Socket

/** A second way in, without TCP: connections within the process, to listeners found by the address they advertise. */
export class MemoryTransport {
  readonly #find: (address: MemoryAddress) => Listener | undefined
  #connected = 0

  /** @param find the running listener that advertises an address */
  constructor(find: (address: MemoryAddress) => Listener | undefined) {
    this.#find = find
  }

  /** For kafkajs's `socketFactory` option. */
  get socketFactory(): SocketFactory {
    return (options) => {
      const { host, port, onConnect } = options
      if (this.#find({ host, port })?.isTls) return connectByTcp(options)
      return this.connect({ host, port }, onConnect) as Duplex as Socket
    }
  }

  /**
   * As `net.connect`: the socket tells with 'connect' when it is connected, with 'error' (ECONNREFUSED) when no running
   * listener is there.
   */
  connect(server: MemoryAddress, onConnect?: () => void): MemorySocket {
    const client = { host: LOCALHOST, port: FIRST_CLIENT_PORT + (this.#connected++ % CLIENT_PORTS) }
    const [clientEnd, serverEnd] = memorySocketPair(client, server)
    if (onConnect) clientEnd.once('connect', onConnect)
    clientEnd.connecting = true
    setImmediate(() => {
      clientEnd.connecting = false
      if (clientEnd.destroyed) return
      const listener = this.#find(server)
      if (!listener?.isRunning || listener.isTls) {
        clientEnd.destroy(refused(server))
        return
      }
      listener.accept(serverEnd, client, server)
      clientEnd.emit('connect')
      clientEnd.emit('ready')
    })
    return clientEnd
  }
}

/** Where TLS is spoken there is no way around TCP: as clients do where nobody gives them sockets. */
function connectByTcp({ host, port, ssl, onConnect }: SocketFactoryArguments): Socket {
  if (!ssl) return netConnect({ host, port }, onConnect)
  // Names of servers go by their names alone (RFC 6066).
  const name: ConnectionOptions = isIP(host) === 0 ? { servername: host } : {}
  return tlsConnect({ host, port, ...name, ...ssl }, onConnect)
}

function refused({ host, port }: MemoryAddress): Error {
  const error = new Error(`connect ECONNREFUSED ${host}:${port}`)
  return Object.assign(error, { code: 'ECONNREFUSED', syscall: 'connect', address: host, port })
}
