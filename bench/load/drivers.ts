import { join } from 'node:path'
import { sources } from '../../test/clients/client.ts'
import { javaCommand, resolveClasspath } from '../../test/clients/java/maven.ts'
import { run as runProgram } from '../../test/clients/process.ts'
import { realKafkaMissing, repositoryRoot } from '../../test/helpers/real-kafka/classpath.ts'
import { mock, pythonWithLibrdkafka, toolsFolder } from './servers.ts'

/** A client that takes longer is not waited for: on a quiet machine a few seconds do. */
const LONGEST_RUN_MS = 30_000

/** A client that produces or consumes as fast as it can. */
export interface Driver {
  readonly name: string
  missing(): string | undefined
  prepare(): Promise<void>
  /** Seconds that the client itself has counted. */
  drive(
    what: 'produce' | 'consume',
    address: string,
    topic: string,
    count: number,
    size: number,
  ): Promise<number>
}

let classpath = ''
/** The producer and the consumer that Kafka has for this. */
export const java: Driver = {
  name: "Kafka's perf-test tools",
  missing: realKafkaMissing,
  async prepare() {
    classpath = await resolveClasspath(join(sources('java'), 'tools', 'pom.xml'), toolsFolder())
  },
  async drive(what, address, topic, count, size) {
    const tool = what === 'produce' ? 'ProducerPerformance' : 'ConsumerPerformance'
    const [java, ...flags] = javaCommand(classpath, `org.apache.kafka.tools.${tool}`)
    const args =
      what === 'produce'
        ? [
            '--topic',
            topic,
            '--num-records',
            String(count),
            '--record-size',
            String(size),
            '--throughput',
            '-1',
          ]
        : [
            '--topic',
            topic,
            '--messages',
            String(count),
            '--bootstrap-server',
            address,
            '--timeout',
            '20000',
            '--hide-header',
          ]
    const more = what === 'produce' ? ['--producer-props', `bootstrap.servers=${address}`, 'acks=all'] : []
    const { code, stdout, stderr } = await runProgram(java as string, [...flags, ...args, ...more], {
      timeoutMs: LONGEST_RUN_MS,
    })
    const megabytes = (count * size) / 1024 / 1024
    const found =
      what === 'produce'
        ? /([\d.]+) MB\/sec\).*\n*$/m.exec(stdout.trim().split('\n').at(-1) ?? '')?.[1]
        : stdout.trim().split('\n').at(-1)?.split(', ')[3]
    if (code !== 0 || found === undefined)
      throw new Error(`${tool}: ${stderr.trim().split('\n')[0] ?? 'no figures'}`)
    return megabytes / Number(found)
  },
}

let pythonProgram = ''
export const librdkafka: Driver = {
  name: 'librdkafka (Python)',
  missing: () => mock.missing(),
  async prepare() {
    pythonProgram = pythonWithLibrdkafka()
  },
  async drive(what, address, topic, count, size) {
    const script = join(repositoryRoot(), 'bench', 'load', 'perf.py')
    const args = [script, what, address, topic, String(count), String(size)]
    const { code, stdout, stderr } = await runProgram(pythonProgram, args, { timeoutMs: LONGEST_RUN_MS })
    if (code !== 0) throw new Error(stderr.trim().split('\n').at(-1))
    return Number(stdout)
  },
}
