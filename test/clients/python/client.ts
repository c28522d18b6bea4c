import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chainJobs } from '../chain.ts'
import { type Client, sources, standardJob } from '../client.ts'
import { saslJobs } from '../logins.ts'
import { missingProgram, mustRun } from '../process.ts'
import { tlsJob } from '../tls.ts'

const SOURCES = sources('python')

/** librdkafka by confluent-kafka, at the version of requirements.txt. */
export const python: Client = {
  name: 'python',
  version: 'confluent-kafka 2.16.1',
  missing: () => missingProgram('python3', '-c', 'import venv, ensurepip'),
  async install(folder) {
    const pip = join(folder, 'bin', 'pip')
    if (!existsSync(pip)) await mustRun('python3', ['-m', 'venv', folder])
    const requirements = join(SOURCES, 'requirements.txt')
    await mustRun(pip, [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--only-binary',
      ':all:',
      '-r',
      requirements,
    ])
  },
  jobs: [
    standardJob('python', ['none', 'gzip', 'snappy', 'lz4', 'zstd'], (folder) => [
      join(folder, 'bin', 'python'),
      join(SOURCES, 'job.py'),
    ]),
    standardJob('python consumer groups', ['none', 'zstd'], (folder) => [
      join(folder, 'bin', 'python'),
      join(SOURCES, 'job.py'),
      ...['--group', 'consumer'],
    ]),
    ...chainJobs('python', (folder) => [join(folder, 'bin', 'python'), join(SOURCES, 'chain.py')]),
    ...saslJobs({
      name: 'python',
      command: (folder) => [join(folder, 'bin', 'python'), join(SOURCES, 'logins.py')],
      flows: [
        { mechanism: 'SCRAM-SHA-256', tls: true },
        { mechanism: 'OAUTHBEARER', tls: false },
      ],
    }),
    tlsJob('python', async ({ bootstrapServers, ca, key, cert }, { log, folder }) => {
      const python = join(folder, 'bin', 'python')
      const address = bootstrapServers.split(',')[0] as string
      log(await mustRun(python, [join(SOURCES, 'strict.py'), address, ca, key, cert]))
    }),
  ],
}
