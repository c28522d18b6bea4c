import { type ExecFileSyncOptions, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { realKafkaMissing, repositoryRoot } from '../../test/helpers/real-kafka/classpath.ts'
import type { Report } from '../harness/report.ts'
import type { Cell } from './populations.ts'

const QUIET: ExecFileSyncOptions = { stdio: ['ignore', 'ignore', 'inherit'] }
/** Kafka's authorizer takes this much for a rule, with room to build its trees in. */
const BYTES_PER_ACL = 700

/** Nanoseconds for one question to Kafka's StandardAuthorizer. */
export interface StandardFigures {
  readonly oneTopic: number
  readonly manyTopics: number
  readonly anyTopic: number
}

/** Kafka's own authorizer, under JMH; undefined where Java and Maven are not there. */
export function buildStandardAuthorizer(report: Report): StandardAuthorizerRuns | undefined {
  const missing = realKafkaMissing()
  if (missing !== undefined) {
    report.missing("Kafka's StandardAuthorizer", missing)
    return undefined
  }
  const project = join(repositoryRoot(), 'bench', 'authorize', 'java')
  execFileSync('mvn', ['-q', '-B', '-f', join(project, 'pom.xml'), 'compile'], QUIET)
  return new StandardAuthorizerRuns(join(project, 'target'))
}

export class StandardAuthorizerRuns {
  readonly #classpath: string

  constructor(target: string) {
    this.#classpath = [join(target, 'classes'), join(target, 'libraries', '*')].join(delimiter)
  }

  /** undefined where the machine has not memory enough. */
  measure({ resources, acls, denyPercentage }: Cell, isThorough: boolean): StandardFigures | undefined {
    const heap = this.#heapFor(resources * acls * (1 + denyPercentage / 100))
    if (heap === undefined) return undefined
    const folder = mkdtempSync(join(tmpdir(), 'josephk-jmh-'))
    const file = join(folder, 'result.json')
    const rounds = isThorough ? ['-wi', '5', '-i', '15'] : ['-wi', '2', '-i', '3']
    try {
      execFileSync(
        'java',
        [
          ...[...heap, '-cp', this.#classpath, 'org.openjdk.jmh.Main', 'StandardAuthorizerBench'],
          // Each cell has a machine of its own; not each question, for with ten million rules it takes minutes to be ready.
          ...['-f', '0', '-w', '1s', '-r', '1s', ...rounds, '-rf', 'json', '-rff', file],
          ...['-p', `resourceCount=${resources}`, '-p', `aclCount=${acls}`],
          ...['-p', `denyPercentage=${denyPercentage}`, '-foe', 'true'],
        ],
        QUIET,
      )
      const results = JSON.parse(readFileSync(file, 'utf8')) as JmhResult[]
      const of = (name: string) => {
        const result = results.find(({ benchmark }) => benchmark.endsWith(`.${name}`)) as JmhResult
        return Math.min(...result.primaryMetric.rawData.flat())
      }
      return { oneTopic: of('oneTopic'), manyTopics: of('manyTopics'), anyTopic: of('anyTopic') }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  /** Bytes of heap after collection. */
  memory({ resources, acls }: Cell): number | undefined {
    const heap = this.#heapFor(resources * acls)
    if (heap === undefined) return undefined
    const program = ['-cp', this.#classpath, ...heap, 'josephk.bench.Memory', String(resources), String(acls)]
    return Number(execFileSync('java', program, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }))
  }

  /** A collector that leaves most of the time to what is measured, and room enough for it. */
  #heapFor(acls: number): string[] | undefined {
    const megabytes = Math.ceil((acls * BYTES_PER_ACL) / 2 ** 20) + 512
    return megabytes * 2 ** 20 < process.availableMemory()
      ? ['-XX:+UseParallelGC', `-Xmx${megabytes}m`]
      : undefined
  }
}

interface JmhResult {
  readonly benchmark: string
  readonly primaryMetric: { readonly rawData: readonly (readonly number[])[] }
}
