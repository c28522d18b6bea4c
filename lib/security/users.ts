import type { Random } from '../lab/random.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { equalSecrets } from './equal-secrets.ts'
import { PASSWORD_MECHANISMS, type PasswordMechanismName } from './mechanism.ts'
import type { Principal } from './principal.ts'
import {
  LEAST_ITERATIONS,
  SCRAM_MECHANISMS,
  type ScramCredential,
  type ScramMechanismName,
  saltedPassword,
  scramCredential,
} from './scram/formatter.ts'

/** Somebody who may log in by name and password. */
export interface UserOptions {
  readonly name: string
  readonly password: string
  /** By which mechanisms. Default: each of these that some listener offers. */
  readonly mechanisms?: readonly PasswordMechanismName[] | undefined
}

/** A user, without what they log in by. */
export interface ListedUser {
  readonly name: string
  /** By which they may log in with a password; none of somebody who comes by other means. */
  readonly mechanisms: readonly PasswordMechanismName[]
  readonly locked: boolean
  /** The user whom a login makes of them: themselves, if `mapTo` did not say otherwise. */
  readonly mapsTo: string
}

/**
 * The users of a cluster and what they may log in by. Passwords come in here and never go out. Each change counts from the
 * next authentication on, on whichever connection; sessions there are go on until they end or authenticate again.
 */
export interface ClusterUsers {
  /** In order of their names; those with SCRAM credentials that clients made (KIP-554) are among them. */
  list(): ListedUser[]
  /** @throws OptionError, or RangeError when there is a user of that name */
  add(user: UserOptions): void
  /** For every mechanism the user may log in by. @throws RangeError for nobody */
  changePassword(name: string, password: string): void
  /** @throws RangeError for nobody */
  remove(name: string): void
  /** Nobody gets in by that name, whatever they show and by whichever mechanism, until `unlock`. */
  lock(name: string): void
  unlock(name: string): void
  /**
   * Who logs in by `name`, whichever way, is the user `to` from now on, until they are mapped to themselves. Kafka takes this
   * for a change of principals where a session that is under way authenticates again. @throws RangeError for an empty name
   */
  mapTo(name: string, to: string): void
}

const SALT_BYTES = 16

interface UsersSettings {
  readonly metadata: Metadata
  readonly random: Random
  /** What users may log in by where they do not say. */
  readonly mechanisms: readonly PasswordMechanismName[]
  /** @throws OptionError when these are no options of a user */
  readonly check: (user: UserOptions) => UserOptions
}

export class Users implements ClusterUsers {
  readonly #settings: UsersSettings
  /** For PLAIN, which must know them. */
  readonly #passwords = new Map<string, string>()
  /** What the token endpoint gives tokens for. */
  readonly #clientSecrets = new Map<string, string>()
  readonly #locked = new Set<string>()
  readonly #mapped = new Map<string, string>()

  constructor(settings: UsersSettings) {
    this.#settings = settings
  }

  list(): ListedUser[] {
    const { scramCredentials } = this.#settings.metadata.image
    const names = new Set([
      ...this.#passwords.keys(),
      ...this.#clientSecrets.keys(),
      ...scramCredentials.keys(),
      ...this.#locked,
      ...this.#mapped.keys(),
    ])
    return [...names].sort().map((name) => ({
      name,
      mechanisms: this.#mechanismsOf(name),
      locked: this.#locked.has(name),
      mapsTo: this.#mapped.get(name) ?? name,
    }))
  }

  add(user: UserOptions): void {
    const { name, password, mechanisms = this.#settings.mechanisms } = this.#settings.check(user)
    if (this.#mechanismsOf(name).length > 0) {
      throw new RangeError(`there is a user '${name}' already: changePassword gives them another password`)
    }
    this.#set(name, password, mechanisms)
  }

  changePassword(name: string, password: string): void {
    this.#settings.check({ name, password })
    this.#set(name, password, this.#known(name))
  }

  remove(name: string): void {
    const mechanisms = this.#known(name)
    this.#passwords.delete(name)
    this.#clientSecrets.delete(name)
    this.unlock(name)
    this.#mapped.delete(name)
    this.#settings.metadata.commit(
      mechanisms.filter(isScram).map((mechanism) => ({
        type: 'RemoveUserScramCredentialRecord',
        name,
        mechanism: SCRAM_MECHANISMS[mechanism].type,
      })),
    )
  }

  lock(name: string): void {
    this.#locked.add(name)
  }

  unlock(name: string): void {
    this.#locked.delete(name)
  }

  mapTo(name: string, to: string): void {
    if (name === '' || to === '') throw new RangeError('users have names: expected two that are not empty')
    if (name === to) this.#mapped.delete(name)
    else this.#mapped.set(name, to)
  }

  /** @internal Who is locked out looks like who has no password. */
  passwordOf(name: string): string | undefined {
    return this.#locked.has(name) ? undefined : this.#passwords.get(name)
  }

  /** @internal Whether that is the password of a user who may log in by OAUTHBEARER. */
  isClient(name: string, secret: string): boolean {
    const known = this.#locked.has(name) ? undefined : this.#clientSecrets.get(name)
    // Compared even where there is no such user, so that both take the same time.
    return equalSecrets(secret, known ?? '') && known !== undefined
  }

  /** @internal */
  scramCredentialOf(name: string, mechanism: ScramMechanismName): ScramCredential | undefined {
    return this.#locked.has(name) ? undefined : this.#scramCredentialOf(name, mechanism)
  }

  /** @internal Whom a login makes of somebody, by whichever mechanism; undefined: nobody, for they are locked out. */
  identify(principal: Principal): Principal | undefined {
    const { principalType, name } = principal
    if (principalType !== 'User') return principal
    if (this.#locked.has(name)) return undefined
    const to = this.#mapped.get(name)
    return to === undefined ? principal : { ...principal, name: to }
  }

  #scramCredentialOf(name: string, mechanism: ScramMechanismName): ScramCredential | undefined {
    const { type } = SCRAM_MECHANISMS[mechanism]
    return this.#settings.metadata.image.scramCredentials.get(name)?.get(type)
  }

  #set(name: string, password: string, mechanisms: readonly PasswordMechanismName[]): void {
    const { metadata, random } = this.#settings
    if (mechanisms.includes('PLAIN')) this.#passwords.set(name, password)
    if (mechanisms.includes('OAUTHBEARER')) this.#clientSecrets.set(name, password)
    const records: MetadataRecord[] = mechanisms.filter(isScram).map((mechanism) => {
      const declared = SCRAM_MECHANISMS[mechanism]
      const salt = random.bytes(SALT_BYTES)
      const salted = saltedPassword(declared, password, salt, LEAST_ITERATIONS)
      const credential = scramCredential(declared, salted, salt, LEAST_ITERATIONS)
      return { type: 'UserScramCredentialRecord', name, mechanism: declared.type, ...credential }
    })
    metadata.commit(records)
  }

  #known(name: string): PasswordMechanismName[] {
    const mechanisms = this.#mechanismsOf(name)
    if (mechanisms.length === 0) throw new RangeError(`there is no user '${name}'`)
    return mechanisms
  }

  #mechanismsOf(name: string): PasswordMechanismName[] {
    return PASSWORD_MECHANISMS.filter((mechanism) => {
      if (isScram(mechanism)) return this.#scramCredentialOf(name, mechanism) !== undefined
      return (mechanism === 'PLAIN' ? this.#passwords : this.#clientSecrets).has(name)
    })
  }
}

function isScram(mechanism: PasswordMechanismName): mechanism is ScramMechanismName {
  return mechanism in SCRAM_MECHANISMS
}
