import { match } from 'node:assert/strict'
import type { JobContext } from '../../client.ts'
import { type RunOptions, type RunResult, run } from '../../process.ts'
import { javaCommand } from '../maven.ts'

/** The class that each script of Kafka's `bin` starts. */
const MAIN_CLASSES = {
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-share-groups': 'org.apache.kafka.tools.consumer.group.ShareGroupCommand',
  'kafka-console-share-consumer': 'org.apache.kafka.tools.consumer.ConsoleShareConsumer',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'kafka-consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-acls': 'org.apache.kafka.tools.AclCommand',
  'kafka-delegation-tokens': 'org.apache.kafka.tools.DelegationTokenCommand',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
} as const

export type ToolName = keyof typeof MAIN_CLASSES

const TIMEOUT_MS = 60_000

/** Runs Kafka's console tools, each in a process of its own as the scripts do, against the cluster of one job. */
export class Tools {
  readonly #context: JobContext
  readonly #classpath: string

  constructor(context: JobContext, classpath: string) {
    this.#context = context
    this.#classpath = classpath
  }

  /** For who speaks to the cluster without a tool. */
  get bootstrapServers(): string {
    return this.#context.bootstrapServers
  }

  /** The command line of the tool, `--bootstrap-server` included. */
  command(tool: ToolName, ...args: string[]): [string, ...string[]] {
    const bootstrap = ['--bootstrap-server', this.#context.bootstrapServers]
    return [...javaCommand(this.#classpath, MAIN_CLASSES[tool]), ...bootstrap, ...args] as [
      string,
      ...string[],
    ]
  }

  /** What it wrote to standard output; it must end with 0. */
  async run(tool: ToolName, ...args: string[]): Promise<string> {
    return (await this.#mustEndWith(0, tool, args)).stdout
  }

  /** The same, with something to read on its standard input. */
  async feed(input: string, tool: ToolName, ...args: string[]): Promise<string> {
    return (await this.#mustEndWith(0, tool, args, { input })).stdout
  }

  /** It must end with 1 and say why. */
  async refused(why: RegExp, tool: ToolName, ...args: string[]): Promise<void> {
    const { stdout, stderr } = await this.#mustEndWith(1, tool, args)
    match(stdout + stderr, why)
  }

  /** The same of a tool that says it and ends with 0 all the same. */
  async complains(why: RegExp, tool: ToolName, ...args: string[]): Promise<void> {
    const { stdout, stderr } = await this.#mustEndWith(0, tool, args)
    match(stdout + stderr, why)
  }

  async #mustEndWith(
    expected: number,
    tool: ToolName,
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<RunResult> {
    const [program, ...rest] = this.command(tool, ...args)
    this.#context.log(`$ ${tool} ${args.join(' ')}`)
    const result = await run(program, rest, { timeoutMs: TIMEOUT_MS, ...options })
    const said = `${result.stdout}${result.stderr}`.slice(0, 10_000)
    for (const line of said.trimEnd().split('\n')) this.#context.log(line)
    if (result.code !== expected)
      throw new Error(`${tool} ${args.join(' ')} ended with ${result.code}, not ${expected}`)
    return result
  }
}

/** The lines that hold something. */
export function linesOf(output: string): string[] {
  return output.split('\n').filter((line) => line.trim() !== '')
}
