import { join } from 'node:path'
import { type Client, standardJob } from '../client.ts'
import { saslJobs } from '../logins.ts'

/** kafkajs, a development dependency; without plug-ins it knows one compression. */
export const kafkajs: Client = {
  name: 'kafkajs',
  version: 'kafkajs 2.2.4',
  missing: async () => undefined,
  install: async () => {},
  jobs: [
    standardJob('kafkajs', ['none', 'gzip'], () => [process.execPath, join(import.meta.dirname, 'job.js')]),
    ...saslJobs({
      name: 'kafkajs',
      command: () => [process.execPath, join(import.meta.dirname, 'logins.js')],
      flows: [
        { mechanism: 'PLAIN', tls: false },
        { mechanism: 'OAUTHBEARER', tls: true },
      ],
      // It does not read what it is told of its token, and takes itself to be logged in.
      tokenRefusal: /Request is not valid given the current SASL state/,
    }),
  ],
}
