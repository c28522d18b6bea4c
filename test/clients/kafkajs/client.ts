import { join } from 'node:path'
import { type Client, standardJob } from '../client.ts'

/** kafkajs, a development dependency; without plug-ins it knows one compression. */
export const kafkajs: Client = {
  name: 'kafkajs',
  version: 'kafkajs 2.2.4',
  missing: async () => undefined,
  install: async () => {},
  jobs: [
    standardJob('kafkajs', ['none', 'gzip'], () => [process.execPath, join(import.meta.dirname, 'job.js')]),
  ],
}
