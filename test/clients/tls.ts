import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Job, JobContext } from './client.ts'

/** A cluster that serves nobody but those who show a certificate that it believes. */
export interface TlsCluster {
  readonly bootstrapServers: string
  /** Whom clients have to trust, as PEM. */
  readonly ca: string
  /** What clients have to show, as PEM. */
  readonly client: { readonly key: string; readonly cert: string }
  stop(): Promise<void>
}

/** What a client's job works with: paths of PEM files. */
export interface TlsFiles {
  readonly bootstrapServers: string
  readonly ca: string
  readonly key: string
  readonly cert: string
  /** Key and certificate in one. */
  readonly keystore: string
  /** Where they lie; the job's own. */
  readonly folder: string
}

/** A job against a cluster of its own, by mutual TLS. */
export function tlsJob(name: string, work: (files: TlsFiles, context: JobContext) => Promise<void>): Job {
  return {
    name: `${name} tls`,
    async run(context) {
      const cluster = await context.startTls()
      try {
        const folder = join(context.folder, 'tls')
        mkdirSync(folder, { recursive: true })
        const file = (file: string, text: string) => {
          const path = join(folder, file)
          writeFileSync(path, text)
          return path
        }
        const { bootstrapServers, ca, client } = cluster
        const files = {
          bootstrapServers,
          ca: file('ca.pem', ca),
          key: file('key.pem', client.key),
          cert: file('cert.pem', client.cert),
          keystore: file('keystore.pem', client.key + client.cert),
          folder,
        }
        await work(files, context)
      } finally {
        await cluster.stop()
      }
    },
  }
}
