import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  type AuthorizationEvent,
  type AuthorizationQuestion,
  Cluster,
  type ClusterOptions,
  ManualClock,
  type StaleAnswers,
} from '../../../../lib/index.ts'
import { hostText } from '../../../../lib/network/host-text.ts'
import { ErrorCode } from '../../../../protocol/errors.ts'
import { deleteTopics } from '../../../../protocol/messages/delete-topics.ts'
import { fetch } from '../../../../protocol/messages/fetch.ts'
import { metadata } from '../../../../protocol/messages/metadata.ts'
import { RawClient } from '../../../helpers/raw-client.ts'

const NAMES = ['orders', 'users', 'missing'] as const

/** A cluster with two topics, and one who asks what of them may be seen. */
async function clusterWith(t: Test, options: ClusterOptions) {
  const cluster = await Cluster.start({ topics: ['orders', 'users'], ...options })
  t.teardown(() => cluster.stop())
  const client = await RawClient.connect(cluster.bootstrapServers)
  t.teardown(() => client[Symbol.asyncDispose]())
  /** Of each of the names, whether Metadata says it is there, missing, or not to be seen. */
  const seen = async () => {
    const request = { topics: NAMES.map((name) => ({ name })), allowAutoTopicCreation: false }
    const { topics } = await client.send(metadata, 12, request)
    const codes = new Map(topics.map(({ name, errorCode }) => [name, errorCode]))
    return NAMES.map((name) => {
      const code = codes.get(name)
      return code === ErrorCode.TOPIC_AUTHORIZATION_FAILED ? 'hidden' : code === 0 ? 'there' : 'missing'
    })
  }
  return { cluster, client, seen }
}

const ANONYMOUS = 'User:ANONYMOUS'
const RULE = { principal: ANONYMOUS, operation: 'DESCRIBE', resourceType: 'TOPIC' } as const

t.test('ACLs: the next request knows, the cache counts, and who listens is told', async (t) => {
  const { cluster, seen } = await clusterWith(t, { acls: [{ ...RULE, resourceName: 'users' }] })
  t.same(await seen(), ['hidden', 'there', 'hidden'])
  const misses = () => cluster.metrics.total('misses')
  const before = misses()
  t.same(await seen(), ['hidden', 'there', 'hidden'])
  t.equal(misses(), before, 'the second time all is remembered')
  t.ok(cluster.metrics.total('hits') >= 3)

  cluster.acls.create({ ...RULE, resourceName: 'orders' })
  t.same(await seen(), ['there', 'there', 'hidden'])
  t.equal(misses(), before + 1)
  t.equal(cluster.metrics.total('invalidations'), 1)

  const events: AuthorizationEvent[] = []
  const end = cluster.on('authorization', (event) => events.push(event))
  await seen()
  end()
  await seen()
  const asked = { principal: ANONYMOUS, host: '127.0.0.1', operation: 'DESCRIBE', resourceType: 'TOPIC' }
  t.same(
    events.filter(({ operation }) => operation === 'DESCRIBE'),
    [
      { ...asked, resourceName: 'orders', isAllowed: true },
      { ...asked, resourceName: 'users', isAllowed: true },
      { ...asked, resourceName: 'missing', isAllowed: false },
    ],
  )
  t.throws(() => cluster.on('questions' as never, () => {}), { message: /expected 'authorization'/ })
  t.throws(() => cluster.modes, { message: /expected the option modeBits/ })
})

t.test('a change may take a while, but not what a cluster begins with', async (t) => {
  const clock = new ManualClock()
  const options: ClusterOptions = { clock, permissions: { lagMs: 500 } }
  const { cluster, seen } = await clusterWith(t, { ...options, acls: [{ ...RULE, resourceName: 'users' }] })
  t.same(await seen(), ['hidden', 'there', 'hidden'])
  cluster.acls.create({ ...RULE, resourceName: 'orders' })
  t.equal(cluster.acls.list().length, 2)
  await clock.advance(499)
  t.same(await seen(), ['hidden', 'there', 'hidden'])
  await clock.advance(1)
  t.same(await seen(), ['there', 'there', 'hidden'])
  cluster.acls.delete({ resourceName: 'users' })
  t.equal(cluster.acls.list().length, 1)
  t.same(await seen(), ['there', 'there', 'hidden'])

  const modes = await clusterWith(t, { ...options, modeBits: { defaults: { '*': ['DESCRIBE'] } } })
  modes.cluster.modes.setTopic('orders', 'ANONYMOUS', [])
  t.same(await modes.seen(), ['there', 'there', 'missing'])
  await clock.advance(500)
  t.same(await modes.seen(), ['hidden', 'there', 'missing'])
})

t.test('mode bits: set, listed, exported, and gone with their topic', async (t) => {
  const modeBits = {
    defaults: { ANONYMOUS: ['DESCRIBE', 'DELETE'], '@staff': ['READ'] },
    topics: { users: { ANONYMOUS: ['REPLICATE'] } },
    groups: { alice: ['staff'] },
  } as const
  const { cluster, client, seen } = await clusterWith(t, { modeBits })
  const { modes } = cluster
  t.same(modes.list(), {
    defaults: { ANONYMOUS: ['DELETE', 'DESCRIBE'], '@staff': ['READ'] },
    topics: { users: { ANONYMOUS: ['REPLICATE'] } },
    groups: { alice: ['staff'] },
  })
  t.same(await seen(), ['there', 'hidden', 'missing'])
  t.throws(() => modes.toAcls(), { name: 'ModeExportError', message: /REPLICATE on users/ })

  const follow = async () => {
    const topics = ['orders', 'users'].map((topic) => ({ topic, partitions: [{ partition: 0 }] }))
    const { responses } = await client.send(fetch, 12, { replicaId: 0, maxWaitMs: 0, minBytes: 0, topics })
    return new Map(responses.map(({ topic, partitions }) => [topic, partitions[0]?.errorCode]))
  }
  const refused = ErrorCode.TOPIC_AUTHORIZATION_FAILED
  const errors = await follow()
  t.equal(errors.get('orders'), refused)
  t.not(errors.get('users'), refused, 'REPLICATE is asked of each topic')

  modes.setTopic('users', 'ANONYMOUS', ['DESCRIBE'])
  modes.setTopic('orders', 'ANONYMOUS', ['DESCRIBE', 'DELETE'])
  modes.setDefault('ANONYMOUS', ['READ', 'WRITE'])
  t.same(await seen(), ['there', 'there', 'hidden'])
  const deleted = await client.send(deleteTopics, 5, { topicNames: ['orders'], timeoutMs: 1000 })
  t.match(deleted.responses, [{ name: 'orders', errorCode: 0 }])
  await cluster.createTopic('orders')
  t.same(await seen(), ['hidden', 'there', 'hidden'], 'the override went with the topic')
  t.same(modes.list().topics, { users: { ANONYMOUS: ['DESCRIBE'] } })
  t.throws(() => modes.toAcls(), { name: 'ModeExportError', message: /may DESCRIBE on users/ })
  modes.setDefault('ANONYMOUS', ['READ', 'DESCRIBE'])

  const acls = modes.toAcls()
  t.ok(acls.some(({ permissionType, resourceName }) => permissionType === 'DENY' && resourceName === 'users'))
  const other = await clusterWith(t, { acls })
  t.same(await other.seen(), await seen(), 'ACLs that mean the same')
  modes.setDefault('ANONYMOUS', null)
  t.same(await seen(), ['hidden', 'there', 'hidden'])
  modes.setGroups('ANONYMOUS', ['watchers'])
  modes.setDefault('@watchers', ['DESCRIBE'])
  t.same(await seen(), ['there', 'there', 'missing'])
  t.throws(() => modes.setDefault('@', ['READ']), { name: 'OptionError' })
  t.throws(() => modes.setTopic('orders', 'bob', ['RUN' as never]), { name: 'OptionError', message: /READ/ })
  t.throws(() => cluster.acls, { message: /option acls/ })
})

t.test('mode bits are kept by a data directory and by a snapshot', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'josephk-modes-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const modeBits = { defaults: { '*': ['READ'] }, groups: { ANONYMOUS: ['staff'] } } as const
  const { cluster, client, seen } = await clusterWith(t, { dataDir, modeBits })
  const { modes } = cluster
  modes.setDefault('@staff', ['DESCRIBE', 'DELETE'])
  modes.setDefault('eve', ['WRITE'])
  modes.setDefault('eve', null)
  modes.setGroups('bob', ['staff', 'ops'])
  modes.setTopic('users', 'ANONYMOUS', [])
  modes.setTopic('orders', 'alice', ['READ', 'REPLICATE'])
  modes.setTopic('not there yet', '@ops', ['CREATE'])
  await client.send(deleteTopics, 5, { topicNames: ['orders'], timeoutMs: 1000 })
  const before = modes.list()
  t.same(before, {
    defaults: { '*': ['READ'], '@staff': ['DELETE', 'DESCRIBE'] },
    topics: { users: { ANONYMOUS: [] }, 'not there yet': { '@ops': ['CREATE'] } },
    groups: { ANONYMOUS: ['staff'], bob: ['staff', 'ops'] },
  })
  t.same(await seen(), ['missing', 'hidden', 'missing'])
  const snapshot = cluster.snapshot()
  client.close()
  await cluster.stop()

  for (const source of [{ dataDir }, { snapshot }]) {
    const again = await clusterWith(t, { ...source, topics: [], modeBits: {} })
    t.same(again.cluster.modes.list(), before, Object.keys(source).join())
    t.same(await again.seen(), ['missing', 'hidden', 'missing'])
    again.cluster.modes.setTopic('users', 'ANONYMOUS', null)
    t.same(await again.seen(), ['missing', 'there', 'missing'])
  }
})

t.test("an embedder's own authorizer is asked once, until it says that answers are stale", async (t) => {
  const visible = new Set(['orders'])
  const asked: AuthorizationQuestion[] = []
  let stale: (answers?: StaleAnswers) => void = () => {}
  const { cluster, seen } = await clusterWith(t, {
    authorizer: {
      authorize(question) {
        asked.push(question)
        return visible.has(question.resourceName ?? '')
      },
      onStale(listener) {
        stale = listener
      },
    },
  })
  t.same(await seen(), ['there', 'hidden', 'hidden'])
  t.match(asked[0], { principal: ANONYMOUS, host: '127.0.0.1', operation: 'DESCRIBE', resourceType: 'TOPIC' })
  visible.add('users').add('missing')
  asked.length = 0
  t.same(await seen(), ['there', 'hidden', 'hidden'])
  t.equal(asked.length, 0)
  stale({ resourceType: 'TOPIC', resourceName: 'users' })
  t.same(await seen(), ['there', 'there', 'hidden'])
  t.equal(asked.length, 1)
  stale({ principal: 'User:alice' })
  t.same(await seen(), ['there', 'there', 'hidden'])
  stale()
  t.same(await seen(), ['there', 'there', 'missing'])
  t.throws(() => stale({ resourceType: 'TABLE' as never }), { message: /'TABLE'/ })
  visible.delete('orders')
  await cluster.createTopic('orders-2')
  t.same(await seen(), ['there', 'there', 'missing'])
})

t.test('one way to decide, and one that decides at once', async (t) => {
  const authorizer = { authorize: () => true }
  await t.rejects(Cluster.start({ acls: [], modeBits: {} }), { message: /modeBits: expected no acls/ })
  await t.rejects(Cluster.start({ modeBits: {}, authorizer }), {
    message: /authorizer: expected no modeBits/,
  })
  await t.rejects(Cluster.start({ authorizer: {} as never }), { message: /a method authorize/ })
  await t.rejects(Cluster.start({ modeBits: { defaults: { alice: ['RUN' as never] } } }), {
    name: 'OptionError',
  })
  const late = { authorize: () => Promise.resolve(true) as never }
  const { seen } = await clusterWith(t, { authorizer: late })
  await t.rejects(seen(), { name: 'ConnectionClosed' }, 'a promise is no answer')
})

t.test('hosts are written as Kafka writes them, so that its rules fit', async (t) => {
  for (const [address, text] of [
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['2001:0db8::00ff:0', '2001:db8:0:0:0:0:ff:0'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1%eth0'],
    ['a pipe', 'a pipe'],
  ] as const) {
    t.equal(hostText(address), text)
  }
})
