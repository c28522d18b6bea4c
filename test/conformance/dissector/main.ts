// A stranger's decoder: Wireshark's Kafka dissector reads a capture of clients at work with josephk. What it says it does not
// support proves nothing; nor does what it calls malformed when Kafka itself sends it (4.0 loses its way in some fields of
// bytes): the same requests are sent to a real broker, and what is malformed there too is told and not counted. Nor are
// responses in versions that Kafka gives no more: that these are Kafka's bytes is shown by the suite of the messages.
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Cluster } from '../../../lib/index.ts'
import { realKafkaMissing } from '../../helpers/real-kafka/classpath.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { clientTraffic, everyVersion } from './traffic.ts'

/** Why the suite cannot run here. */
export function missing(): string | undefined {
  for (const command of ['tshark', 'dumpcap']) {
    try {
      execFileSync(command, ['--version'], { stdio: 'ignore' })
    } catch {
      return `${command} (Debian: tshark) is not installed`
    }
  }
  return process.getuid?.() === 0 ? realKafkaMissing() : 'capturing packets takes root'
}

/** A message of a capture that the dissector could not read to its end: `JoinGroup v5 response`. */
type Malformed = ReadonlySet<string>

interface Capture {
  /** The versions of APIs that were answered: `JoinGroup v5`. */
  readonly answered: ReadonlySet<string>
  readonly packets: number
  readonly malformed: Malformed
}

export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  await using cluster = await Cluster.start({ config: { 'group.initial.rebalance.delay.ms': 0 } })
  const ours = await captured(cluster.bootstrapServers, async (servers) => {
    const answered = await everyVersion(servers)
    await clientTraffic(servers)
    return answered
  })
  await using kafka = await startRealKafka({ properties: { 'group.initial.rebalance.delay.ms': '0' } })
  const theirs = await captured(kafka.bootstrapServers, async (servers) => {
    const answered = await everyVersion(servers, ours.answered)
    await clientTraffic(servers)
    return answered
  })
  const own = [...ours.malformed].filter((message) => !theirs.malformed.has(message)).sort()
  const shared = [...ours.malformed].filter((message) => theirs.malformed.has(message)).sort()
  const isDropped = (message: string) => {
    const [, version, direction] = /^(\w+ v\d+) (\w+)$/.exec(message) ?? []
    return direction === 'Response' && version !== undefined && !theirs.answered.has(version)
  }
  const faults = own.filter((message) => !isDropped(message))
  return {
    passed: ours.packets - ours.malformed.size,
    failed: faults.length,
    details: [
      `${ours.answered.size} versions of APIs sent, ${ours.packets} packets with Kafka in them`,
      `malformed to the dissector when Kafka sends them too: ${shared.join(', ') || 'none'}`,
      `malformed to it, in versions that Kafka answers in no more: ${own.filter(isDropped).join(', ') || 'none'}`,
      ...faults.map((message) => `malformed: ${message}`),
    ],
  }
}

async function captured(
  servers: string,
  traffic: (servers: string) => Promise<Set<string>>,
): Promise<Capture> {
  const directory = await mkdtemp(join(tmpdir(), 'josephk-capture-'))
  const file = join(directory, 'capture.pcapng')
  const port = servers.split(',')[0]?.split(':').at(-1) as string
  try {
    const stop = await startCapture(file, port)
    const answered = await traffic(servers)
    await stop()
    const messages = await dissected(file, port)
    if (messages.length < answered.size * 2)
      throw new Error(`the capture is not whole: ${messages.length} messages`)
    const malformed = messages.filter(
      ({ fault }) => /Malformed|does not end/.test(fault) && !/^Un(supported|known)/.test(fault),
    )
    return { answered, packets: messages.length, malformed: new Set(malformed.map(({ name }) => name)) }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Captures what passes the port on the loopback interface, until the function it gives is called. */
async function startCapture(file: string, port: string): Promise<() => Promise<void>> {
  const child = spawn('dumpcap', ['-q', '-i', 'lo', '-f', `tcp port ${port}`, '-w', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = once(child, 'exit')
  let said = ''
  for await (const chunk of child.stderr.setEncoding('utf8')) {
    said += chunk
    if (said.includes('File:')) break
  }
  if (!said.includes('File:')) throw new Error(`dumpcap does not capture: ${said}`)
  return async () => {
    // The kernel hands packets over in bundles; the last one may be on its way.
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    child.kill('SIGINT')
    await exited
  }
}

/** The packets with Kafka in them: what is in each, and what the dissector complains of. */
async function dissected(file: string, port: string): Promise<{ name: string; fault: string }[]> {
  const names = ['_ws.col.Info', '_ws.expert.message']
  const { stdout } = await promisify(execFile)(
    'tshark',
    [
      '-r',
      file,
      '-d',
      `tcp.port==${port},kafka`,
      '-Y',
      'kafka',
      '-T',
      'fields',
      ...names.flatMap((name) => ['-e', name]),
    ],
    { maxBuffer: 256 * 1024 * 1024 },
  )
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [info = '', fault = ''] = line.split('\t')
      // What follows, such as `(Group=a, Member=b)`, differs from run to run.
      return { name: /^Kafka (\w+ v\d+ (?:Request|Response))/.exec(info)?.[1] ?? info, fault }
    })
}
