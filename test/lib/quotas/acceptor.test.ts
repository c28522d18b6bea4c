// What becomes of connections that break while they wait to be served.
import { PassThrough } from 'node:stream'
import t from 'tap'
import { ManualClock } from '../../../lib/index.ts'
import { Acceptor } from '../../../lib/network/acceptor.ts'
import type { ConnectionQuotas } from '../../../lib/network/connection-quotas.ts'

t.test('one that has broken meanwhile is not served, the next one is', async (t) => {
  const clock = new ManualClock()
  const quotas = { arrived: () => 1_000, refusedMs: () => 0 } as unknown as ConnectionQuotas
  const acceptor = new Acceptor('PLAINTEXT', quotas, clock)
  const served: string[] = []
  const sockets = ['first', 'second', 'third'].map((name) => {
    const socket = new PassThrough()
    acceptor.take({ socket, host: '127.0.0.1', serve: () => served.push(name) })
    return socket
  })
  sockets[0]?.destroy(new Error('reset by the peer'))
  sockets[1]?.destroy(new Error('reset by the peer'))
  for (let i = 0; i < 3; i++) clock.advance(1_000)
  t.same(served, ['third'])
  t.equal(clock.pendingTimers, 0)
})
