import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Client, type Job, sources } from '../../client.ts'
import { runWithOrders } from '../../orders.ts'
import { missingProgram, mustRun } from '../../process.ts'
import { javaCommand, resolveClasspath } from '../maven.ts'

const SOURCES = sources(join('java', 'streams'))
/** What the programs share with those of Java's client, and the settings of the logger. */
const SHARED = sources('java')

/** Kafka Streams, of whichever version of Kafka's clients it brings along. */
export const streams: Client = {
  name: 'java-streams',
  version: 'kafka-streams 4.3.1',
  async missing() {
    return (await missingProgram('javac', '-version')) ?? (await missingProgram('mvn', '-version'))
  },
  async install(folder) {
    const jars = await resolveClasspath(join(SOURCES, 'pom.xml'), folder)
    const files = readdirSync(SOURCES).filter((name) => name.endsWith('.java'))
    const classes = join(folder, 'classes')
    const flags = ['-Xlint:all', '-Werror', '-encoding', 'UTF-8', '-cp', jars, '-d', classes]
    await mustRun('javac', [...flags, ...files, join(SHARED, 'Arguments.java')], { cwd: SOURCES })
    writeFileSync(join(folder, 'classpath'), [classes, SHARED, jars].join(delimiter))
  },
  jobs: [wordCount('classic'), wordCount('streams')],
}

/** An application counts words exactly once, whatever happens to it and to brokers. */
function wordCount(protocol: 'classic' | 'streams'): Job {
  return {
    name: `java streams ${protocol}`,
    run: (context) =>
      runWithOrders(
        context,
        javaCommand(readFileSync(join(context.folder, 'classpath'), 'utf8'), 'Streams'),
        {
          records: 10_000,
          partitions: 4,
          'group-protocol': protocol,
        },
      ),
  }
}
