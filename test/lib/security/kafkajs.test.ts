// An unmodified kafkajs authenticates by every mechanism it shares with us, and again on real time.
import kafkajs, { type KafkaConfig, type SASLOptions } from 'kafkajs'
import t, { type Test } from 'tap'
import { Cluster, type ClusterOptions } from '../../../lib/index.ts'
import { unsecured } from '../../helpers/security/tokens.ts'

const { Kafka, logLevel } = kafkajs
const LIMIT_MS = 2_000

async function start(t: Test, options: Partial<ClusterOptions> = {}) {
  const cluster = await Cluster.start({
    listeners: [{ securityProtocol: 'SASL_PLAINTEXT' }],
    users: [{ name: 'alice', password: 'secret' }],
    topics: ['events'],
    ...options,
    config: { 'group.initial.rebalance.delay.ms': 0, ...options.config },
  })
  t.teardown(() => cluster.stop())
  const client = (sasl: SASLOptions | undefined, config: Partial<KafkaConfig> = {}) =>
    new Kafka({
      brokers: cluster.bootstrapServers.split(','),
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
      ...(sasl === undefined ? {} : { sasl }),
      ...config,
    })
  return { cluster, client }
}

const ways = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

for (const mechanism of ways) {
  t.test(`${mechanism}: right and wrong`, async (t) => {
    const { cluster, client } = await start(t)
    const sasl = (username: string, password: string) => ({ mechanism, username, password }) as SASLOptions
    for (const wrong of [sasl('alice', 'wrong'), sasl('nobody', 'secret')]) {
      const admin = client(wrong).admin()
      await t.rejects(admin.connect(), { name: 'KafkaJSSASLAuthenticationError' })
      await admin.disconnect()
    }
    t.equal(cluster.metrics.total('failed-authentication-total'), 2)
    const producer = client(sasl('alice', 'secret')).producer()
    await producer.connect()
    const [sent] = await producer.send({ topic: 'events', messages: [{ value: 'x' }] })
    t.match(sent, { errorCode: 0, baseOffset: '0' })
    const sessions = cluster.sessions()
    t.ok(sessions.length > 0)
    for (const { principal } of sessions) t.equal(principal, 'User:alice')
    await producer.disconnect()
    cluster.users.changePassword('alice', 'other')
    const late = client(sasl('alice', 'secret')).admin()
    await t.rejects(late.connect(), { name: 'KafkaJSSASLAuthenticationError' })
    await late.disconnect()
  })
}

t.test('over TLS, the user counts and not the certificate', async (t) => {
  const cluster = await Cluster.start({
    listeners: [{ securityProtocol: 'SASL_SSL' }],
    users: [{ name: 'alice', password: 'secret' }],
  })
  t.teardown(() => cluster.stop())
  const { ca } = cluster.certificates
  const brokers = cluster.bootstrapServers.split(',')
  for (const mechanism of ways) {
    const sasl = { mechanism, username: 'alice', password: 'secret' } as SASLOptions
    const admin = new Kafka({ brokers, ssl: { ca }, sasl, logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    await admin.listTopics()
    t.match(cluster.sessions().at(-1), { principal: 'User:alice', mechanism: mechanism.toUpperCase() })
    await admin.disconnect()
  }
})

for (const securityProtocol of ['SASL_PLAINTEXT', 'SASL_SSL'] as const) {
  t.test(`oauthbearer on ${securityProtocol}: right, of nobody, revoked`, async (t) => {
    const cluster = await Cluster.start({ listeners: [{ securityProtocol }], topics: ['events'] })
    t.teardown(() => cluster.stop())
    const adminBy = (value: string) => {
      const sasl: SASLOptions = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value }) }
      const ssl = securityProtocol === 'SASL_SSL' ? { ca: cluster.certificates.ca } : false
      const brokers = cluster.bootstrapServers.split(',')
      return new Kafka({ brokers, ssl, sasl, logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin()
    }
    const token = await cluster.oauth.issue({ subject: 'alice', expiresIn: 60 })
    const admin = adminBy(token)
    await admin.connect()
    t.ok((await admin.listTopics()).includes('events'))
    const [session] = cluster.sessions()
    t.match(session, { principal: 'User:alice', mechanism: 'OAUTHBEARER' })
    t.ok(session && session.lifetimeMs > 50_000 && session.lifetimeMs <= 61_000)
    await admin.disconnect()
    cluster.oauth.revoke(token)
    for (const wrong of [token, unsecured({ sub: 'alice', exp: 1e10 }), 'x']) {
      const refused = adminBy(wrong)
      // kafkajs does not read what it is told, takes itself to be logged in, and is refused with its next request.
      await t.rejects(refused.connect().then(() => refused.listTopics()))
      t.equal(cluster.sessions().length, 0)
      await refused.disconnect()
    }
  })
}

t.test('a mechanism that is not offered, and none at all', async (t) => {
  const { client } = await start(t, {
    listeners: [{ securityProtocol: 'SASL_PLAINTEXT', saslMechanisms: ['PLAIN'] }],
  })
  const sasl: SASLOptions = { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: 'x' }) }
  for (const wrong of [client(sasl), client(undefined)]) {
    const admin = wrong.admin()
    await t.rejects(admin.connect().then(() => admin.listTopics()))
    await admin.disconnect()
  }
})

t.test('authenticates again in place, and nothing is lost or repeated', { timeout: 60_000 }, async (t) => {
  const { cluster, client } = await start(t, { config: { 'connections.max.reauth.ms': LIMIT_MS } })
  // kafkajs authenticates again when less than this is left.
  const kafka = client(
    { mechanism: 'scram-sha-256', username: 'alice', password: 'secret' },
    { reauthenticationThreshold: LIMIT_MS / 2, retry: { retries: 0 } },
  )
  const producer = kafka.producer()
  const consumer = kafka.consumer({ groupId: 'g', maxWaitTimeInMs: 100 })
  t.teardown(async () => {
    await consumer.disconnect()
    await producer.disconnect()
  })
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({ topic: 'events', fromBeginning: true })
  const seen: number[] = []
  await consumer.run({ eachMessage: async ({ message }) => void seen.push(Number(message.value)) })
  // Until two connections have done it three times. The clients open others when they like, so which they are is asked here.
  const busy = () => cluster.sessions().filter(({ reauthentications }) => reauthentications >= 3)
  let sent = 0
  while (busy().length < 2) {
    await producer.send({ topic: 'events', messages: [{ value: String(sent++) }] })
    await new Promise((resolve) => setImmediate(resolve))
  }
  const inPlace = busy()
  const until = performance.now() + 10_000
  while (seen.length < sent && performance.now() < until)
    await new Promise((resolve) => setImmediate(resolve))
  t.same(
    seen,
    Array.from({ length: sent }, (_, index) => index),
  )
  t.equal(cluster.metrics.total('expired-connections-killed-count'), 0)
  t.equal(cluster.metrics.total('failed-reauthentication-total'), 0)
  const connected = new Set(cluster.sessions().map(({ connectionId }) => connectionId))
  for (const { connectionId } of inPlace) t.ok(connected.has(connectionId), 'on the connection it had')
})
