import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { plainEnvironment } from '../plain-environment.ts'
import { Jvm } from '../real-kafka/jvm.ts'

export const REALM = 'TEST.LOCAL'
/** A service's principal whose key lies in a keytab of its own, and users' whose do in one each. */
export interface KdcPrincipals {
  readonly services: readonly string[]
  readonly users: readonly string[]
}

/** Where Debian has the programs of a KDC, and not in everybody's path. */
const ENVIRONMENT = { ...plainEnvironment(), PATH: [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter) }
const PATIENCE_MS = 10_000

/** Why there can be no KDC here, or undefined. */
export function kdcMissing(): string | undefined {
  for (const program of ['krb5kdc', 'kdb5_util', 'kadmin.local', 'kinit']) {
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { env: ENVIRONMENT, stdio: 'ignore' })
    } catch {
      return `${program} does not run on this machine (Debian: krb5-kdc krb5-admin-server krb5-user)`
    }
  }
  return undefined
}

/** A Kerberos key distribution centre of a test's own: MIT's, in a temporary directory, at a free port. No root is needed. */
export class Kdc implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'josephk-kdc-'))
  /** What programs and libraries need in their environment to find it: the path of krb5.conf. */
  readonly configuration = this.file('krb5.conf')
  #process: Jvm | undefined

  private constructor() {}

  static async start(principals: KdcPrincipals): Promise<Kdc> {
    const kdc = new Kdc()
    try {
      await kdc.#start(principals)
      return kdc
    } catch (error) {
      await kdc.stop()
      throw error
    }
  }

  file(name: string): string {
    return join(this.directory, name)
  }

  /** The keytab of one principal. */
  keytab(principal: string): string {
    return this.file(`${principal.replace('/', '-')}.keytab`)
  }

  /** For a child process: where Kerberos is configured, and where its tickets lie. */
  environment(user = 'nobody'): Record<string, string> {
    return { KRB5_CONFIG: this.configuration, KRB5CCNAME: `FILE:${this.file(`${user}.tickets`)}` }
  }

  /** Gets the user a ticket, as they would. */
  kinit(user: string): void {
    execFileSync('kinit', ['-k', '-t', this.keytab(user), user], {
      env: { ...ENVIRONMENT, ...this.environment(user) },
    })
  }

  /** Gives a principal another key; its keytab has that then. @returns a keytab with the key it had, which is a wrong one now */
  rekey(principal: string): string {
    const old = `${this.keytab(principal)}.old`
    renameSync(this.keytab(principal), old)
    this.#administer([`ktadd -k ${this.keytab(principal)} ${principal}`])
    return old
  }

  async stop(): Promise<void> {
    await this.#process?.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #start({ services, users }: KdcPrincipals): Promise<void> {
    const port = await freePort()
    const address = `127.0.0.1:${port}`
    writeFileSync(this.configuration, clientConfiguration(address))
    writeFileSync(this.file('kdc.conf'), kdcConfiguration(address, this.directory))
    this.#run('kdb5_util', ['create', '-s', '-r', REALM, '-P', 'master'])
    const all = [...services, ...users]
    this.#administer([
      ...all.map((principal) => `addprinc -randkey ${principal}`),
      ...all.map((principal) => `ktadd -k ${this.keytab(principal)} ${principal}`),
    ])
    const settings = Object.entries(this.#settings()).map(([name, value]) => `${name}=${value}`)
    this.#process = new Jvm(['env', ...settings, `PATH=${ENVIRONMENT.PATH}`, 'krb5kdc', '-n'])
    await this.#process.line(/starting/, PATIENCE_MS)
  }

  #administer(commands: readonly string[]): void {
    this.#run('kadmin.local', ['-r', REALM], `${commands.join('\n')}\n`)
  }

  #run(command: string, args: readonly string[], input = ''): void {
    const env = { ...ENVIRONMENT, ...this.#settings() }
    execFileSync(command, args, { env, input, stdio: ['pipe', 'ignore', 'ignore'] })
  }

  #settings(): Record<string, string> {
    return { ...this.environment(), KRB5_KDC_PROFILE: this.file('kdc.conf') }
  }
}

/** Nobody is asked for names: not DNS for the realm, and not the other way round for a host. */
function clientConfiguration(address: string): string {
  return `[libdefaults]
 default_realm = ${REALM}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 dns_canonicalize_hostname = false
 rdns = false
 udp_preference_limit = 1
[realms]
 ${REALM} = {
  kdc = ${address}
 }
[domain_realm]
 localhost = ${REALM}
`
}

function kdcConfiguration(address: string, directory: string): string {
  return `[kdcdefaults]
 kdc_listen = ${address}
 kdc_tcp_listen = ${address}
[realms]
 ${REALM} = {
  database_name = ${join(directory, 'principal')}
  key_stash_file = ${join(directory, 'stash')}
  max_life = 1h
 }
`
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
