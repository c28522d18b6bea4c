import { join } from 'node:path'
import { type Client, standardJob } from '../client.ts'
import { missingProgram, mustRun } from '../process.ts'
import { kcatLogins } from './logins.ts'
import { kcatTls } from './tls.ts'

/** kcat as Debian has it, with an older librdkafka (2.0.2) than Python's. */
export const kcat: Client = {
  name: 'kcat',
  version: 'kcat 1.7.1',
  async missing() {
    const missing = await missingProgram('kcat', '-V')
    const canInstall =
      process.getuid?.() === 0 && (await missingProgram('apt-get', '--version')) === undefined
    return canInstall ? undefined : missing
  },
  async install() {
    if ((await missingProgram('kcat', '-V')) === undefined) return
    const environment = { DEBIAN_FRONTEND: 'noninteractive' }
    await mustRun('apt-get', ['-q', 'update'], { environment })
    await mustRun('apt-get', ['-q', '-y', '--no-install-recommends', 'install', 'kcat'], { environment })
  },
  jobs: [
    standardJob(
      'kcat',
      ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
      () => [process.execPath, join(import.meta.dirname, 'job.js')],
      ['auto-create'],
    ),
    kcatTls,
    kcatLogins,
  ],
}
