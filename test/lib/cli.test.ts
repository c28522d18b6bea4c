// The command line as a person and a script meet it: in a process of its own.
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { HELP, readCommand, UsageError } from '../../lib/cli/arguments.ts'
import { metadata } from '../../protocol/messages/metadata.ts'
import { plainCommand } from '../helpers/plain-environment.ts'
import { RawClient } from '../helpers/raw-client.ts'
import { tlsPeer } from '../helpers/tls-peer.ts'

const CLI = new URL('../../lib/cli.js', import.meta.url).pathname

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(...plainCommand(process.execPath, [CLI, ...args]), (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

/** A running josephk, with what it has said so far. */
async function serve(t: Test, ...args: string[]) {
  const child: ChildProcessWithoutNullStreams = spawn(...plainCommand(process.execPath, [CLI, ...args]))
  t.teardown(() => child.kill('SIGKILL'))
  const seen = { text: '' }
  child.stdout.on('data', (chunk) => {
    seen.text += chunk
  })
  const said = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(seen.text)
      if (match) return match
      await once(child.stdout, 'data')
    }
  }
  const [, bootstrapServers] = await said(/bootstrap\.servers=(\S+)/)
  return { child, seen, said, bootstrapServers: bootstrapServers as string }
}

t.test('arguments', async (t) => {
  const { options, logLevel } = readCommand(
    ['--brokers', '3', '--port', '0', '--topic', 'a', '--topic', 'b:3', '--topic', 'c:4:2'].concat([
      '--set',
      'num.partitions=2',
      '--data-dir',
      'data',
      '--log-level',
      'warn',
    ]),
  )
  t.same(options, {
    brokers: 3,
    port: 0,
    topics: [{ name: 'a' }, { name: 'b', partitions: 3 }, { name: 'c', partitions: 4, replicationFactor: 2 }],
    config: { 'num.partitions': '2' },
    dataDir: 'data',
  })
  t.equal(logLevel, 'warn')
  const rules = [
    'allow User:alice READ TOPIC orders',
    'Deny User:* all topic secret-* from 10.0.0.0/8',
    'allow User:bob ALTER CLUSTER',
    'allow User:eve describe group *',
  ]
  t.same(readCommand(rules.flatMap((rule) => ['--acl', rule])).options.acls, [
    {
      principal: 'User:alice',
      operation: 'READ',
      resourceType: 'TOPIC',
      permissionType: 'ALLOW',
      resourceName: 'orders',
    },
    {
      principal: 'User:*',
      operation: 'ALL',
      resourceType: 'TOPIC',
      permissionType: 'DENY',
      resourceName: 'secret-',
      patternType: 'PREFIXED',
      host: '10.0.0.0/8',
    },
    { principal: 'User:bob', operation: 'ALTER', resourceType: 'CLUSTER', permissionType: 'ALLOW' },
    {
      principal: 'User:eve',
      operation: 'DESCRIBE',
      resourceType: 'GROUP',
      permissionType: 'ALLOW',
      resourceName: '*',
    },
  ])
  t.equal(readCommand([]).options.port, 9092, "Kafka's port unless another is wanted")
  const wrong = [
    ['--prt', '1'],
    ['--port', 'x'],
    ['--brokers'],
    ['--topic', 'a:b'],
    ['--topic', ''],
    ['--acl', 'User:alice READ TOPIC orders'],
    ['--acl', 'allow User:alice'],
    ['--set', 'novalue'],
    ['--log-level', 'loud'],
    ['--config', '/no/such/file'],
    ['stray'],
  ]
  for (const args of wrong) {
    t.throws(() => readCommand(args), UsageError, args.join(' '))
    t.throws(() => readCommand(args), { message: /^.+$/ }, 'in one line')
  }
  for (const [option] of HELP.matchAll(/^ {2}--[a-z-]+/gm)) {
    const name = option.trim()
    t.doesNotThrow(() => readCommand(/help|version/.test(name) ? [name] : []), `${name} is known`)
  }
})

t.test('help and version', async (t) => {
  t.same(await run('--help'), { code: 0, stdout: HELP, stderr: '' })
  t.match(await run('-v'), { code: 0, stdout: /^\d+\.\d+\.\d+\n$/, stderr: '' })
})

t.test('mistakes are one line on stderr', async (t) => {
  const squatter = createServer()
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
  t.teardown(() => squatter.close())
  const { port } = squatter.address() as { port: number }
  const [taken, unknown, config, topic] = await Promise.all([
    run('--port', String(port)),
    run('--nonsense'),
    run('--port', '0', '--set', 'num.partitions=many'),
    run('--port', '0', '--topic', 'a:1:5'),
  ])
  const stderr = new RegExp(
    `^josephk: cannot listen on 127\\.0\\.0\\.1:${port}: the port is already in use\\n$`,
  )
  t.match(taken, { code: 1, stdout: '', stderr })
  t.match(unknown, { code: 1, stderr: /^josephk: Unknown option '--nonsense'\n$/ })
  t.match(config, { code: 1, stderr: /^josephk: .*many.*num\.partitions.*\n$/ })
  t.match(topic, { code: 1, stderr: /^josephk: createTopic a: INVALID_REPLICATION_FACTOR.*\n$/ })
})

t.test('a JSON file says all that the options say; the command line wins', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'josephk-cli-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const file = join(directory, 'josephk.json')
  const listeners = [
    { name: 'IN', port: 0 },
    { name: 'OUT', port: 0, advertisedHost: 'kafka.test' },
  ]
  await writeFile(
    file,
    JSON.stringify({
      logLevel: 'info',
      brokers: [{ nodeId: 3, rack: 'r1', listeners }, { listeners }],
      config: { 'num.partitions': 5 },
      topics: ['from-file'],
    }),
  )
  const { bootstrapServers, seen, said } = await serve(t, '--config', file, '--topic', 'typed:2')
  await using client = await RawClient.connect(bootstrapServers)
  const { brokers, topics } = await client.send(metadata, 12, { topics: null })
  t.same(
    brokers.map(({ nodeId, rack }) => [nodeId, rack]),
    [
      [3, 'r1'],
      [4, null],
    ],
  )
  t.same(topics.map(({ name, partitions }) => [name, partitions.length]).sort(), [
    ['from-file', 5],
    ['typed', 2],
  ])
  t.match(seen.text, /broker 3 .*IN.*r1\n.*kafka\.test:\d+ {2}OUT/)
  await client.send(metadata, 12, { topics: [{ name: 'wished' }], allowAutoTopicCreation: true })
  await said(/info +topic created topic=wished partitions=5/)

  await writeFile(file, '{ "brokers": ')
  t.match(await run('--config', file), {
    code: 1,
    stderr: /^josephk: --config: .*josephk\.json: .*JSON.*\n$/,
  })
  await writeFile(file, '{ "users": [{ "name": "alice", "password": hunter2 }] }')
  const told = await run('--config', file)
  t.equal(told.code, 1)
  t.notMatch(told.stderr, /hunter/)
  await writeFile(file, '{ "brokers": [{ "listeners": [{ "prot": 1 }] }] }')
  t.match(await run('--config', file), {
    code: 1,
    stderr: /unknown option brokers\[0\]\.listeners\[0\]\.prot/,
  })
})

t.test('SIGINT and SIGTERM stop it in order; piped, it is plain', async (t) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { child, seen } = await serve(t, '--port', '0', '--brokers', '2')
    child.kill(signal)
    const [code] = await once(child, 'exit')
    t.equal(code, 0)
    t.match(seen.text, /broker stopped nodeId=1/)
    t.notOk(seen.text.includes('\u001b'), 'no colours')
  }
})

t.test('--write-ca: what clients of a TLS listener have to trust', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'josephk-cli-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const config = join(directory, 'ssl.json')
  await writeFile(config, JSON.stringify({ listeners: [{ securityProtocol: 'SSL' }] }))
  const ca = join(directory, 'ca.pem')
  const { bootstrapServers, seen } = await serve(t, '--port', '0', '--config', config, '--write-ca', ca)
  t.match(seen.text, new RegExp(`CA +${ca}`))
  t.match(seen.text, `kcat -b ${bootstrapServers} -X security.protocol=ssl -X ssl.ca.location=${ca} -L`)
  const peer = await tlsPeer(t, bootstrapServers, { ca: await readFile(ca) })
  const { body } = await peer.request(metadata, 9, { topics: [] })
  t.equal(body.brokers.length, 1)

  const nowhere = join(directory, 'no', 'ca.pem')
  const refused = await run('--port', '0', '--config', config, '--write-ca', nowhere)
  t.same(refused, { code: 1, stdout: '', stderr: `josephk: --write-ca: cannot write ${nowhere}: ENOENT\n` })
  const plain = await run('--port', '0', '--write-ca', ca)
  t.match(plain, {
    code: 1,
    stderr: /^josephk: --write-ca: this cluster has no certificates of its own: .*\n$/,
  })
})

t.test('--oauth-port: where clients get tokens', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'josephk-cli-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const config = join(directory, 'sasl.json')
  const file = {
    listeners: [{ securityProtocol: 'SASL_PLAINTEXT' }],
    users: [{ name: 'alice', password: 'secret' }],
    oauth: { expiresIn: 60 },
  }
  await writeFile(config, JSON.stringify(file))
  const { seen } = await serve(t, '--port', '0', '--config', config, '--oauth-port', '0')
  const url = /tokens +(http:\S+)/.exec(seen.text)?.[1] as string
  const authorization = `Basic ${Buffer.from('alice:secret').toString('base64')}`
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  const response = await fetch(url, { method: 'POST', headers: { authorization }, body })
  t.match(await response.json(), { token_type: 'Bearer', expires_in: 60 })
  t.match(await run('--oauth-port', 'x'), {
    code: 1,
    stderr: "josephk: --oauth-port expects a whole number, got 'x'\n",
  })
})
