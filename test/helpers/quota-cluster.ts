import type { Test } from 'tap'
import { Cluster, ManualClock } from '../../lib/index.ts'
import type { ClusterOptions } from '../../lib/options.ts'
import { alterClientQuotas } from '../../protocol/messages/alter-client-quotas.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { encodeBatch } from '../../protocol/records/encode-batch.ts'
import type { Api, Decoded, Encodable } from '../../protocol/schema.ts'
import { decodeResponse, FramePeer, requestBytes } from './network.ts'
import { turns } from './network-turns.ts'
import { alteration, type Quotas, type Whose } from './quotas.ts'

/** A client whose answers are taken when they are there, so that a test can see which are not. */
export class Peer {
  readonly frames: FramePeer
  readonly #clientId: string | null

  constructor(frames: FramePeer, clientId: string | null) {
    this.frames = frames
    this.#clientId = clientId
  }

  send<A extends Api>(api: A, version: number, body: Encodable<A['request']>): void {
    this.frames.send(requestBytes(api, version, body, { clientId: this.#clientId }))
  }

  async receive<A extends Api>(api: A, version: number): Promise<Decoded<A['response']>> {
    return decodeResponse(api, version, await this.frames.frame()).body
  }

  ask<A extends Api>(
    api: A,
    version: number,
    body: Encodable<A['request']>,
  ): Promise<Decoded<A['response']>> {
    this.send(api, version, body)
    return this.receive(api, version)
  }
}

/** A broker on a manual clock, reached without TCP, and somebody who sets its quotas. */
export async function quotaCluster(t: Test, options: Partial<ClusterOptions> = {}) {
  const clock = new ManualClock()
  const cluster = await Cluster.start({
    clock,
    listeners: [{ transport: 'memory' }],
    topics: ['orders'],
    ...options,
  })
  t.teardown(() => cluster.stop())
  const [host = '', port] = cluster.bootstrapServers.split(':')
  const connect = (clientId: string | null = 'c') => {
    const socket = cluster.socketFactory({ host, port: Number(port) })
    t.teardown(() => socket.destroy())
    return new Peer(new FramePeer(socket), clientId)
  }
  const administrator = connect('administrator')
  const set = async (whose: Whose, quotas: Quotas) => {
    const request = { entries: [alteration(whose, quotas)] }
    const { entries } = await administrator.ask(alterClientQuotas, 1, request)
    t.equal(entries[0]?.errorCode, 0)
  }
  const { topics } = await administrator.ask(metadata, 12, { topics: [{ name: 'orders' }] })
  const topicId = topics[0]?.topicId as string
  return { clock, cluster, connect, administrator, set, topicId }
}

/** A batch of one record with so many bytes of value. */
export function batch(size: number): Buffer {
  return encodeBatch({ records: [{ timestamp: 0, value: Buffer.alloc(size) }] })
}

/** Whether nothing has come, however long one waits in turns of the event loop. */
export async function isSilent({ frames }: Peer): Promise<boolean> {
  const before = frames.chunks.length
  await turns(20)
  return frames.chunks.length === before
}
