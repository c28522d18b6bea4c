import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chainJobs } from '../chain.ts'
import { type Client, sources, standardJob } from '../client.ts'
import { missingProgram, mustRun } from '../process.ts'
import { javaCommand, resolveClasspath } from './maven.ts'
import { javaSasl } from './sasl.ts'
import { shareJob, shareThreeBrokersJob } from './share.ts'
import { threeBrokersJob } from './three-brokers.ts'

const SOURCES = sources('java')

/** The class path of the built programs, written down by `install`. */
function classpath(folder: string): string {
  return readFileSync(join(folder, 'classpath'), 'utf8')
}

/** Kafka's own client for Java. */
export const java: Client = {
  name: 'java',
  version: 'kafka-clients 4.4.0',
  async missing() {
    return (await missingProgram('javac', '-version')) ?? (await missingProgram('mvn', '-version'))
  },
  async install(folder) {
    const jars = await resolveClasspath(join(SOURCES, 'pom.xml'), folder)
    const files = readdirSync(SOURCES).filter((name) => name.endsWith('.java'))
    const classes = join(folder, 'classes')
    await mustRun(
      'javac',
      ['-Xlint:all', '-Werror', '-encoding', 'UTF-8', '-cp', jars, '-d', classes, ...files],
      {
        cwd: SOURCES,
      },
    )
    // The sources' folder holds the settings of the logger.
    writeFileSync(join(folder, 'classpath'), [classes, SOURCES, jars].join(delimiter))
  },
  jobs: [
    standardJob('java', ['none', 'gzip', 'snappy', 'lz4', 'zstd'], (folder) =>
      javaCommand(classpath(folder), 'Job'),
    ),
    shareJob((folder) => javaCommand(classpath(folder), 'Share')),
    shareThreeBrokersJob((folder) => javaCommand(classpath(folder), 'ShareThreeBrokers')),
    standardJob('java consumer groups', ['none', 'zstd'], (folder) => [
      ...javaCommand(classpath(folder), 'Job'),
      ...['--group', 'consumer'],
    ]),
    standardJob('java cooperative groups', ['none'], (folder) => [
      ...javaCommand(classpath(folder), 'Job'),
      ...['--group', 'cooperative'],
    ]),
    threeBrokersJob((folder) => javaCommand(classpath(folder), 'ThreeBrokers')),
    ...chainJobs('java', (folder) => javaCommand(classpath(folder), 'Chain')),
    ...javaSasl((folder, ...flags) => javaCommand(classpath(folder), 'Logins', ...flags)),
  ],
}
