// A cluster whose listeners speak TLS, and unmodified clients that speak it too.
import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import { inspect } from 'node:util'
import {
  Admin,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import kafkajs, { type KafkaConfig, type SASLOptions } from 'kafkajs'
import t, { type Test } from 'tap'
import { Cluster, type ClusterOptions, type ListenerOptions } from '../../lib/index.ts'
import { apiVersions } from '../../protocol/messages/api-versions.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { LogKeeper } from '../helpers/network-server.ts'
import { until } from '../helpers/network-turns.ts'
import { RawClient } from '../helpers/raw-client.ts'
import { tlsPeer } from '../helpers/tls-peer.ts'

const { Kafka, logLevel } = kafkajs

async function start(t: Test, listener: ListenerOptions, options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await Cluster.start({
    listeners: [{ securityProtocol: 'SSL', ...listener }],
    config: { 'group.initial.rebalance.delay.ms': 0 },
    topics: [{ name: 'orders', partitions: 3 }],
    ...options,
  })
  t.teardown(() => cluster.stop())
  return cluster
}

t.test('one certificate for all names and addresses of all brokers', async (t) => {
  const cluster = await start(
    t,
    {},
    {
      brokers: [
        { listeners: [{ securityProtocol: 'SSL', advertisedHost: 'one.kafka.test' }] },
        {
          listeners: [
            { name: 'OUT', securityProtocol: 'SSL', tls: true, host: '0.0.0.0' },
            { name: 'PLAINTEXT' },
          ],
        },
      ],
    },
  )
  const { ca } = cluster.certificates
  const addresses = cluster.brokers.map(({ address }) => address)
  const ports = addresses.map((address) => address.slice(address.lastIndexOf(':')))
  for (const [at, host, servername] of [
    [0, '127.0.0.1', undefined],
    [0, '127.0.0.1', 'one.kafka.test'],
    [0, '127.0.0.1', 'localhost'],
    [1, '127.0.0.1', undefined],
    [1, 'localhost', undefined],
  ] as const) {
    const peer = await tlsPeer(t, `${host}${ports[at]}`, { ca, ...(servername ? { servername } : {}) })
    const { body } = await peer.request(apiVersions, 0, {})
    t.equal(body.errorCode, 0)
  }
  const address = `127.0.0.1${ports[0]}`
  await t.rejects(tlsPeer(t, address, { ca, servername: 'other.test' }), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
  await t.rejects(tlsPeer(t, address, {}), { code: /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED/ })

  const wild = await tlsPeer(t, `127.0.0.1${ports[1]}`, { ca })
  t.notMatch(wild.socket.getPeerCertificate().subjectaltname, /0\.0\.0\.0/)

  const peer = await tlsPeer(t, address, { ca })
  const { body } = await peer.request(metadata, 9, { topics: [] })
  t.match(body.brokers, [{ host: 'one.kafka.test' }], 'a broker without that listener is not told')
})

t.test('a key and certificates of the user, as PEM or by the names of Kafka', async (t) => {
  const authority = (await start(t, {})).certificates
  const { key, cert } = await authority.issue({ commonName: 'mine', hosts: ['mine.test'] })
  const client = await authority.issue({ commonName: 'me' })
  const tls = { key: Buffer.from(key), cert, ca: authority.ca, clientAuth: 'required' as const }
  const config = {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.key': key,
    'listener.name.ssl.ssl.keystore.certificate.chain': cert,
    'ssl.truststore.certificates': authority.ca,
    'ssl.client.auth': 'required',
  }
  for (const cluster of [await start(t, { tls }), await start(t, {}, { config })]) {
    const options = { ca: authority.ca, servername: 'mine.test' }
    const peer = await tlsPeer(t, cluster.bootstrapServers, { ...options, ...client })
    t.equal((await peer.request(apiVersions, 0, {})).body.errorCode, 0)
    const nobody = await tlsPeer(t, cluster.bootstrapServers, options)
    t.same(await nobody.ended(), [])
    t.throws(() => cluster.certificates, /this cluster has no certificates of its own: expected/)
  }
})

t.test('what cannot work is refused at the start, and no secret is told', async (t) => {
  const { certificates } = await start(t, {})
  const { key, cert } = await certificates.issue({ commonName: 'mine', hosts: ['mine.test'] })
  const other = await certificates.issue({ commonName: 'other' })
  const refused: [ListenerOptions, RegExp, ClusterOptions?][] = [
    [{ tls: { key } }, /^TLS of listener SSL of broker 0: expected key and cert, got one of them$/],
    [{ tls: { cert } }, /expected key and cert, got one of them$/],
    [{ tls: { key: 'secret', cert } }, /: expected a key and certificates as PEM that go together: /],
    [
      { tls: { key: other.key, cert } },
      /: expected a key and certificates as PEM that go together: key values mismatch/,
    ],
    [
      { securityProtocol: 'PLAINTEXT', tls: true },
      /^option listeners\[0\]\.tls: expected securityProtocol 'SSL' or/,
    ],
    [{ transport: 'memory' }, /^option listeners\[0\]\.transport: expected 'tcp' beside TLS$/],
    [
      { name: 'OUT' },
      /^TLS of listener OUT of broker 0: Invalid rule: `x`, unmatched substring: `x`$/,
      { config: { 'listener.name.out.ssl.principal.mapping.rules': 'x' } },
    ],
    [
      {},
      /: Invalid value want for configuration \S*ssl\.client\.auth: String must be one of: required, requested, none$/,
      { config: { 'listener.name.ssl.ssl.client.auth': 'want' } },
    ],
  ]
  for (const [listener, message, options] of refused) {
    await t.rejects(start(t, listener, options), { name: 'OptionError', message })
    const error = await start(t, listener, options).catch((error: unknown) => error)
    t.notMatch(inspect(error, { depth: 9, showHidden: true }), /secret|PRIVATE KEY|MIG[A-Z]/)
  }

  const logger = new LogKeeper()
  const cluster = await start(t, { tls: { key, cert } }, { logger })
  const socket = connectTls({
    port: Number(cluster.bootstrapServers.split(':')[1]),
    rejectUnauthorized: false,
  })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  const line = key.split('\n')[1] as string
  for (const shown of [cluster, cluster.brokers, certificates, logger.lines]) {
    const text = inspect(shown, { depth: 20, showHidden: true, maxArrayLength: null, maxStringLength: null })
    t.notOk(text.includes('PRIVATE KEY') || text.includes(line))
  }
})

const ways: [string, (cluster: Cluster) => Partial<KafkaConfig>][] = [
  ['by itself', () => ({})],
  ['with the socket factory', (cluster) => ({ socketFactory: cluster.socketFactory })],
]
for (const [name, way] of ways) {
  t.test(`kafkajs ${name}: mutual TLS`, async (t) => {
    const cluster = await start(t, { tls: { clientAuth: 'required' } })
    const ssl = {
      ca: cluster.certificates.ca,
      ...(await cluster.certificates.issue({ commonName: 'kafkajs' })),
    }
    const brokers = cluster.bootstrapServers.split(',')
    const common = { brokers, logLevel: logLevel.NOTHING, ...way(cluster) }
    const kafka = new Kafka({ ...common, ssl })
    const producer = kafka.producer()
    await producer.connect()
    const value = 'x'.repeat(200_000)
    await producer.send({ topic: 'orders', messages: [{ value: 'small' }, { value }] })
    await producer.disconnect()
    const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 100 })
    t.teardown(() => consumer.disconnect())
    await consumer.subscribe({ topic: 'orders', fromBeginning: true })
    const seen = await new Promise<string[]>((resolve) => {
      const values: string[] = []
      consumer.run({
        eachMessage: async ({ message }) => {
          if (values.push(String(message.value)) === 2) resolve(values)
        },
      })
    })
    t.same(seen.sort(), ['small', value])

    const retry = { retries: 0 }
    const nobody = new Kafka({ ...common, ssl: { ca: cluster.certificates.ca }, retry }).admin()
    t.teardown(() => nobody.disconnect())
    await t.rejects(
      nobody.connect().then(() => nobody.listTopics()),
      { name: /^KafkaJS/ },
    )
  })
}

t.test('@platformatic/kafka', async (t) => {
  const cluster = await start(t, { advertisedHost: 'localhost' })
  const bootstrapBrokers = cluster.bootstrapServers.split(',')
  const common = { bootstrapBrokers, tls: { ca: cluster.certificates.ca } }
  const admin = new Admin({ clientId: 'admin', ...common })
  t.teardown(() => admin.close())
  t.same(await admin.listTopics(), ['orders'])
  const producer = new Producer({ clientId: 'producer', ...common, serializers: stringSerializers })
  t.teardown(() => producer.close())
  await producer.send({ messages: [{ topic: 'orders', key: 'a', value: 'pizza' }] })
  const consumer = new Consumer({
    clientId: 'consumer',
    groupId: 'readers',
    ...common,
    deserializers: stringDeserializers,
  })
  t.teardown(() => consumer.close(true))
  const stream = await consumer.consume({ topics: ['orders'], mode: MessagesStreamModes.EARLIEST })
  const [message] = (await once(stream, 'data')) as [{ key: string; value: string }]
  t.match(message, { key: 'a', value: 'pizza' })
})

t.test('SASL over TLS: the user is the client, whatever its certificate says', async (t) => {
  const cluster = await start(
    t,
    { securityProtocol: 'SASL_SSL', tls: { clientAuth: 'requested' } },
    { users: [{ name: 'ann', password: 'secret' }] },
  )
  const ssl = { ca: cluster.certificates.ca, ...(await cluster.certificates.issue({ commonName: 'other' })) }
  const brokers = cluster.bootstrapServers.split(',')
  for (const mechanism of ['plain', 'scram-sha-512']) {
    const as = (password: string) => ({ mechanism, username: 'ann', password }) as SASLOptions
    const common = { brokers, ssl, logLevel: logLevel.NOTHING, retry: { retries: 0 } }
    const admin = new Kafka({ ...common, sasl: as('secret') }).admin()
    await admin.connect()
    t.same(await admin.listTopics(), ['orders'])
    t.match(cluster.sessions(), [{ principal: 'User:ann', listener: 'SASL_SSL' }])
    await admin.disconnect()
    const wrong = new Kafka({ ...common, sasl: as('guess') }).admin()
    await t.rejects(wrong.connect(), { name: 'KafkaJSSASLAuthenticationError' })
    await wrong.disconnect()
  }
})

t.test("handshakes are counted by Kafka's names; with SASL, only those that fail", async (t) => {
  for (const securityProtocol of ['SSL', 'SASL_SSL'] as const) {
    const cluster = await start(t, { securityProtocol, tls: { clientAuth: 'requested' } })
    const { certificates, metrics, bootstrapServers } = cluster
    const stranger = await (await start(t, {})).certificates.issue({ commonName: 'x' })
    for (let i = 0; i < 2; i++) {
      const peer = await tlsPeer(t, bootstrapServers, { ca: certificates.ca })
      await peer.request(apiVersions, 0, {})
      peer.socket.destroy()
    }
    const plain = await RawClient.connect(bootstrapServers)
    await t.rejects(plain.send(apiVersions, 0, {}))
    const refused = await tlsPeer(t, bootstrapServers, { ca: certificates.ca, ...stranger })
    await refused.ended()
    const total = (name: string) => metrics.total(name, { broker: '0', listener: securityProtocol })
    await until(() => total('failed-authentication-total') === 2)
    const succeeded = securityProtocol === 'SSL' ? 2 : 0
    t.equal(total('successful-authentication-total'), succeeded)
    t.equal(total('successful-authentication-no-reauth-total'), succeeded)
  }
})
