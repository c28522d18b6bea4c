import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Job, JobContext } from './client.ts'

/** Somebody who may log in by PLAIN from the start; by SCRAM only who has been made by a client. */
export const PLAIN_USER = { name: 'alice', password: 'secret' }

/** What sessions last: clients authenticate again at 85 % of it and later, which must be more than a second. */
export const MAX_REAUTH_MS = 1_300

/** A cluster with an open listener and one where clients log in, by PLAIN or SCRAM, and again all the time. */
export interface SaslCluster {
  /** Of the listener without authentication. */
  readonly open: string
  readonly bootstrapServers: string
  /** How often clients logged in on a new connection, and again on the same; undefined where nobody counts. */
  logins(): { readonly first: number; readonly again: number } | undefined
  stop(): Promise<void>
}

/** A job against a cluster of its own, by SASL. */
export function saslJob(
  name: string,
  work: (cluster: SaslCluster, context: JobContext, folder: string) => Promise<void>,
): Job {
  return {
    name: `${name} sasl`,
    async run(context) {
      const cluster = await context.startSasl()
      try {
        const folder = join(context.folder, name.replaceAll(' ', '-').concat('-sasl'))
        mkdirSync(folder, { recursive: true })
        await work(cluster, context, folder)
      } finally {
        await cluster.stop()
      }
    },
  }
}
