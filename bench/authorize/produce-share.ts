import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Request } from '../../lib/network/request.ts'
import { Session } from '../../lib/network/session.ts'
import { AclOperation } from '../../lib/security/authorization/acl.ts'
import { PermissionCache } from '../../lib/security/authorization/permission-cache.ts'
import { produce } from '../../protocol/messages/produce.ts'
import { requestBytes } from '../../test/helpers/network.ts'
import { time } from '../harness.ts'
import { FrameClient } from '../load/frame-client.ts'
import { usageOf } from '../load/process-usage.ts'
import { josephkWith } from '../load/servers.ts'
import { batchOf } from '../load/wire.ts'
import type { Figure } from './figures.ts'
import { authorizerWith, plainPopulation } from './populations.ts'

const TOPICS = 100
const RUN_MS = 3000
const NAMES = Array.from({ length: TOPICS }, (_, i) => `topic-${String(i).padStart(3, '0')}`)

/** What authorization takes of a Produce request with a small batch for each of a hundred topics, from socket to socket. */
export async function produceFigures(): Promise<Figure[]> {
  const asked = await hundredQuestions()
  const [open, guarded] = [await requestCpu(false), await requestCpu(true)]
  if (open === undefined || guarded === undefined) return []
  const what = `Produce of ${TOPICS} topics`
  return [
    { what: `${what}, CPU with ACLs`, value: guarded, unit: 'ns', beside: { what: 'without', value: open } },
    { what: `${what}, its ${TOPICS} questions`, value: asked, unit: 'ns' },
    { what: `${what}, share of authorization`, value: asked / guarded, unit: 'share', atMost: 0.02 },
  ]
}

/** As the handler asks them: through a request and its session. */
async function hundredQuestions(): Promise<number> {
  const topics = NAMES.map((name, index) => ({ name, index }))
  const authorizer = new PermissionCache(authorizerWith(plainPopulation(1000)), {
    indexOf: (name) => NAMES.indexOf(name),
    nameAt: (index) => NAMES[index],
  })
  const session = new Session({
    connectionId: 'bench',
    listenerName: 'PLAINTEXT',
    securityProtocol: 'PLAINTEXT',
    principal: { principalType: 'User', name: 'ANONYMOUS' },
    clientHost: '127.0.0.1',
    authorizer,
  })
  const ask = () => {
    const request = new Request(session, 9, 'bench', 1, 1000)
    let allowed = 0
    for (const topic of topics) if (request.authorizeTopic(AclOperation.READ, topic)) allowed++
    return allowed
  }
  for (let round = 0; round < 20_000; round++) ask()
  return (await time(ask)).min
}

/** CPU nanoseconds of the server for one request; undefined where /proc does not tell. */
async function requestCpu(isGuarded: boolean): Promise<number | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'josephk-bench-'))
  const file = join(folder, 'options.json')
  const rule = { principal: 'User:*', resourceType: 'TOPIC', operation: 'WRITE' }
  const acls = [
    { ...rule, resourceName: '*' },
    ...Array.from({ length: 1000 }, (_, i) => ({ ...rule, principal: `User:u${i}`, resourceName: `t${i}` })),
  ]
  writeFileSync(file, JSON.stringify({ topics: NAMES, ...(isGuarded ? { acls } : {}) }))
  const server = await josephkWith('--config', file).start()
  try {
    const records = batchOf(100)
    const topicData = NAMES.map((name) => ({ name, partitionData: [{ index: 0, records }] }))
    const body = { transactionalId: null, acks: -1, timeoutMs: 30_000, topicData }
    const frame = requestBytes(produce, 9, body, { correlationId: 1, clientId: 'bench' })
    const client = await FrameClient.connect(server, Buffer.from(frame), { connections: 2, inFlight: 4 })
    await client.run(RUN_MS)
    let least: number | undefined
    for (let round = 0; round < 2; round++) {
      const before = usageOf(server.pid)?.cpuSeconds
      const { requests } = await client.run(RUN_MS)
      const after = usageOf(server.pid)?.cpuSeconds
      if (before === undefined || after === undefined) return undefined
      least = Math.min(least ?? Number.POSITIVE_INFINITY, ((after - before) * 1e9) / requests)
    }
    client.close()
    return least
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true })
  }
}
