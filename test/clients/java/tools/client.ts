import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Client, type JobContext, sources } from '../../client.ts'
import { missingProgram, mustRun } from '../../process.ts'
import { python } from '../../python/client.ts'
import { saslJob } from '../../sasl.ts'
import { tlsJob } from '../../tls.ts'
import { resolveClasspath } from '../maven.ts'
import { acls } from './acls.ts'
import { configs } from './configs.ts'
import { consoleTools } from './console.ts'
import { features } from './features.ts'
import { consumerGroups, groups } from './groups.ts'
import { logFiles } from './log-files.ts'
import { offsets } from './offsets.ts'
import { performanceTools } from './performance.ts'
import { quotas } from './quotas.ts'
import { sasl } from './sasl.ts'
import { shareGroups } from './share-groups.ts'
import { tls } from './tls.ts'
import { tokens } from './tokens.ts'
import { Tools } from './tool.ts'
import { topics } from './topics.ts'
import { transactions } from './transactions.ts'

const SOURCES = join(sources('java'), 'tools')

function job(name: string, work: (tools: Tools, prefix: string, folder: string) => Promise<void>) {
  return {
    name: `tools ${name}`,
    async run(context: JobContext) {
      const classpath = readFileSync(join(context.folder, 'classpath'), 'utf8')
      await work(new Tools(context, classpath), context.prefix, context.folder)
    },
  }
}

/** Kafka's console tools. */
export const tools: Client = {
  name: 'tools',
  version: 'kafka-tools 4.3.1',
  async missing() {
    return (await missingProgram('java', '-version')) ?? (await missingProgram('mvn', '-version'))
  },
  async install(folder) {
    const jars = await resolveClasspath(join(SOURCES, 'pom.xml'), folder)
    // The Java sources' folder holds the settings of the logger.
    writeFileSync(join(folder, 'classpath'), [sources('java'), jars].join(delimiter))
  },
  jobs: [
    job('topics', topics),
    job('console', consoleTools),
    job('groups', groups),
    job('consumer groups', consumerGroups),
    job('share groups', shareGroups),
    job('configs', configs),
    job('quotas', quotas),
    job('performance', performanceTools),
    job('offsets', offsets),
    job('transactions', transactions),
    {
      name: 'tools features',
      async run(context) {
        const classpath = readFileSync(join(context.folder, 'classpath'), 'utf8')
        const cluster = await context.startThreeBrokers()
        try {
          await features(new Tools({ ...context, bootstrapServers: cluster.bootstrapServers }, classpath))
        } finally {
          await cluster.stop()
        }
      },
    },
    {
      name: 'tools log files',
      run: ({ folder, log }) => logFiles(readFileSync(join(folder, 'classpath'), 'utf8'), folder, log),
    },
    saslJob('tools', async (cluster, context, folder) => {
      const classpath = readFileSync(join(context.folder, 'classpath'), 'utf8')
      const { bootstrapServers, open } = cluster
      const both = {
        open: new Tools({ ...context, bootstrapServers: open }, classpath),
        inside: new Tools({ ...context, bootstrapServers }, classpath),
      }
      await sasl(both, context.prefix, cluster, folder)
    }),
    saslJob('tools tokens', async (cluster, context, folder) => {
      const classpath = readFileSync(join(context.folder, 'classpath'), 'utf8')
      const { bootstrapServers } = cluster
      await tokens(new Tools({ ...context, bootstrapServers }, classpath), context.prefix, folder)
    }),
    {
      name: 'tools acls',
      async run(context) {
        const classpath = readFileSync(join(context.folder, 'classpath'), 'utf8')
        const other = join(context.folder, '..', python.name)
        await python.install(other)
        const cluster = await context.startRuled()
        try {
          const { bootstrapServers } = cluster
          const folder = join(context.folder, 'acls')
          mkdirSync(folder, { recursive: true })
          await acls(
            new Tools({ ...context, bootstrapServers }, classpath),
            context.prefix,
            folder,
            async (...asked) => {
              const command = [join(sources('python'), 'acls.py'), bootstrapServers, ...asked]
              const said = await mustRun(join(other, 'bin', 'python'), command)
              context.log(`acls.py ${asked.join(' ')}: ${said}`)
              const [sent = '', got = ''] = said.trim().split(' ')
              return [sent, got]
            },
          )
        } finally {
          await cluster.stop()
        }
      },
    },
    tlsJob('tools', async (files, context) => {
      const classpath = readFileSync(join(context.folder, 'classpath'), 'utf8')
      const { bootstrapServers } = files
      await tls(new Tools({ ...context, bootstrapServers }, classpath), context.prefix, files)
    }),
  ],
}
