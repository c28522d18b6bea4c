import { join } from 'node:path'
import { chainJobs } from '../chain.ts'
import { type Client, sources, standardJob } from '../client.ts'
import { saslJobs } from '../logins.ts'
import { missingProgram, mustRun } from '../process.ts'

/** franz-go, at the versions of go.mod. */
export const go: Client = {
  name: 'go',
  version: 'franz-go 1.22.2',
  missing: () => missingProgram('go', 'version'),
  async install(folder) {
    await mustRun('go', ['build', '-mod=readonly', '-o', join(folder, 'job'), '.'], { cwd: sources('go') })
  },
  jobs: [
    standardJob('go', ['none', 'gzip', 'snappy', 'lz4', 'zstd'], (folder) => [join(folder, 'job')]),
    standardJob('go consumer groups', ['none', 'zstd'], (folder) => [
      join(folder, 'job'),
      ...['--group', 'consumer'],
    ]),
    ...chainJobs('go', (folder) => [join(folder, 'job'), '--chain', 'yes']),
    ...saslJobs({
      name: 'go',
      command: (folder) => [join(folder, 'job')],
      flows: [
        { mechanism: 'SCRAM-SHA-512', tls: true },
        { mechanism: 'OAUTHBEARER', tls: false },
      ],
      // It wants to be a second early, and may not be back within one.
      maxReauthMs: 2_300,
      tokenRefusal: /unexpected data in oauth response/,
    }),
  ],
}
