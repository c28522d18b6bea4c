import { Loans } from '../../lib/memory/read-buffers.ts'
import type { SecurityProtocol } from '../../lib/metadata/records.ts'
import type { Handler, RequestContext } from '../../lib/network/handler.ts'
import { Session } from '../../lib/network/session.ts'
import { ALLOW_ALL, type Authorizer } from '../../lib/security/authorization/authorizer.ts'
import { ANONYMOUS, type Principal } from '../../lib/security/principal.ts'
import { codecOf } from '../../protocol/codec.ts'
import { Reader } from '../../protocol/primitives/reader.ts'
import { Writer } from '../../protocol/primitives/writer.ts'
import type { Api, Decoded, Encodable, Message } from '../../protocol/schema.ts'

export interface CallerOptions {
  readonly clientId?: string | null
  readonly listenerName?: string
  readonly authorizer?: Authorizer
  readonly securityProtocol?: SecurityProtocol
  readonly principal?: Principal
}

/** A request's context, and the means to end its connection. */
export function contextOf(
  apiVersion: number,
  {
    clientId = 'test',
    listenerName = 'PLAINTEXT',
    authorizer = ALLOW_ALL,
    securityProtocol = 'PLAINTEXT',
    principal = ANONYMOUS,
  }: CallerOptions = {},
) {
  const closers: (() => void)[] = []
  const context: RequestContext = {
    session: new Session({
      connectionId: 'no connection',
      listenerName,
      securityProtocol,
      principal,
      clientHost: '127.0.0.1',
      authorizer,
    }),
    apiVersion,
    clientId,
    correlationId: 1,
    frameSize: 100,
    usage: undefined,
    throttle: () => {},
    authorize: (operation, resourceType, name) => {
      return context.session.permissions.allows(operation, resourceType, name)
    },
    authorizeTopic: (operation, topic) => context.session.permissions.allowsTopic(operation, topic.index),
    loans: new Loans(),
    onClose: (callback) => closers.push(callback),
  }
  return {
    context,
    close: () => {
      for (const closer of closers) closer()
    },
  }
}

/**
 * What a client would read from a handler's answer, given at once or later: encoded and decoded in that version. The
 * request is what a decoder would have made.
 */
export async function ask<A extends Api>(
  handler: Handler,
  api: A,
  apiVersion: number,
  request: Encodable<A['request']>,
  { context } = contextOf(apiVersion),
): Promise<Decoded<A['response']>> {
  const answer = await handler.handle(overTheWire(api.request, apiVersion, request) as never, context)
  if (typeof answer === 'symbol') throw new Error('no response')
  return overTheWire(api.response, apiVersion, answer) as Decoded<A['response']>
}

const writer = new Writer()

/** The value as it is on the other side of the wire. */
export function overTheWire<M extends Message>(message: M, version: number, value: Encodable<M>): Decoded<M> {
  const codec = codecOf(message, version)
  codec.encode(writer, value)
  const reader = new Reader(Buffer.concat(writer.take()))
  const decoded = codec.decode(reader)
  if (reader.remaining > 0) throw new Error(`${message.name} v${version}: ${reader.remaining} bytes too many`)
  return decoded
}
