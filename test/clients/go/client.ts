import { join } from 'node:path'
import { type Client, sources, standardJob } from '../client.ts'
import { missingProgram, mustRun } from '../process.ts'

/** franz-go, at the versions of go.mod. */
export const go: Client = {
  name: 'go',
  version: 'franz-go 1.22.2',
  missing: () => missingProgram('go', 'version'),
  async install(folder) {
    await mustRun('go', ['build', '-mod=readonly', '-o', join(folder, 'job'), '.'], { cwd: sources('go') })
  },
  jobs: [standardJob('go', ['none', 'gzip', 'snappy', 'lz4', 'zstd'], (folder) => [join(folder, 'job')])],
}
