import { RealClock } from '../../lib/lab/clock.ts'
import type { LogFields, Logger } from '../../lib/lab/logger.ts'
import { Dispatcher } from '../../lib/network/dispatcher.ts'
import { type Handler, handler } from '../../lib/network/handler.ts'
import { Listener, type ListenerOptions } from '../../lib/network/listener.ts'
import { MemoryTransport } from '../../lib/network/memory-transport.ts'
import { ALLOW_ALL } from '../../lib/security/authorization/authorizer.ts'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { describeCluster } from '../../protocol/messages/describe-cluster.ts'
import { Reader } from '../../protocol/primitives/reader.ts'
import { StringTable } from '../../protocol/primitives/string-table.ts'
import { Writer } from '../../protocol/primitives/writer.ts'
import { FramePeer } from './network.ts'

export interface LogLine {
  readonly level: keyof Logger
  readonly message: string
  readonly fields: LogFields
}

/** Keeps what is logged. */
export class LogKeeper implements Logger {
  readonly lines: LogLine[] = []

  debug = this.#keeper('debug')
  info = this.#keeper('info')
  warn = this.#keeper('warn')
  error = this.#keeper('error')

  #keeper(level: keyof Logger): (message: string, fields?: LogFields) => void {
    return (message, fields = {}) => {
      this.lines.push({ level, message, fields })
    }
  }
}

/** ApiVersions as a broker that serves `served` answers it. */
export function apiVersionsHandler(served: () => readonly Handler[]): Handler {
  return handler(apiVersions, (request, { session, apiVersion }) => {
    if (apiVersion >= 3) {
      session.clientSoftwareName = request.clientSoftwareName
      session.clientSoftwareVersion = request.clientSoftwareVersion
    }
    return {
      apiKeys: served().map(({ api, minVersion, maxVersion }) => ({
        apiKey: api.key,
        minVersion,
        maxVersion,
      })),
    }
  })
}

/** A small flexible API whose answer tells who asked. */
export const whoAmI: Handler = handler(describeCluster, (_request, { session, clientId }) => ({
  clusterId: `${session.principal.name}/${clientId}`,
  brokers: [{ brokerId: 1, host: session.clientHost, port: 1, rack: null }],
}))

export interface TestServer {
  readonly listener: Listener
  readonly log: LogKeeper
  readonly transport: MemoryTransport
  /** A new connection within the process. */
  connect(): FramePeer
}

/** A listener with ApiVersions, DescribeCluster and `handlers`; neither started nor ever stopped. */
export function testServer(
  handlers: readonly Handler[] = [],
  options: Partial<ListenerOptions> = {},
): TestServer {
  const log = new LogKeeper()
  const served: Handler[] = [...handlers]
  for (const common of [apiVersionsHandler(() => served), whoAmI]) {
    if (!served.some(({ api }) => api.key === common.api.key)) served.push(common)
  }
  const listener = new Listener({
    dispatcher: new Dispatcher(served),
    authorizer: ALLOW_ALL,
    reader: new Reader(Buffer.alloc(0), 0, new StringTable()),
    writer: new Writer(),
    clock: new RealClock(),
    logger: log,
    maxRequestSize: 104_857_600,
    name: 'PLAINTEXT',
    securityProtocol: 'PLAINTEXT',
    host: '127.0.0.1',
    port: 0,
    maxIdleMs: 600_000,
    ...options,
  })
  const transport = new MemoryTransport(() => listener)
  return {
    listener,
    log,
    transport,
    connect: () => new FramePeer(transport.connect(listener.advertisedAddress)),
  }
}

/** The same, for connections within the process only; started, and killed at the end of the test. */
export async function memoryServer(
  t: { teardown(callback: () => Promise<void>): unknown },
  handlers: readonly Handler[] = [],
  options: Partial<ListenerOptions> = {},
): Promise<TestServer> {
  const server = testServer(handlers, { tcp: false, ...options })
  await server.listener.start()
  t.teardown(() => server.listener.kill())
  return server
}
