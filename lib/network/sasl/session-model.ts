import type { Principal } from '../../security/principal.ts'

/** How a listener's sessions differ from Kafka's: as the first proposal for authentication had them, where it says so. */
export interface SessionModel {
  /** Who those are that have not authenticated, and are served all the same; undefined: they are not served. */
  readonly anonymous: Principal | undefined
  /** Clients may authenticate again whenever they like and by whichever mechanism; else as KIP-368 has it. */
  readonly anytime: boolean
  /** Clients that authenticate again may be somebody else then. */
  readonly mayChangePrincipal: boolean
}

/** The same, as the options of a listener say it. */
export interface SessionModelOptions {
  /**
   * `'anonymous'`: who has not authenticated is served as the user `preauthUser`, and may authenticate later. Default:
   * `'reject'`, as Kafka does.
   */
  preauth?: 'reject' | 'anonymous' | undefined
  /** Default: `'josephk'`. */
  preauthUser?: string | undefined
  /** `'anytime'`: clients authenticate again when they like and by any mechanism. Default: `'kip368'`, as Kafka has it. */
  reauth?: 'kip368' | 'anytime' | undefined
  /** `'allow'`: clients that authenticate again may become somebody else. Default: `'forbid'`, as Kafka does. */
  principalChange?: 'forbid' | 'allow' | undefined
}

/** The user whom the proposal took anybody for. */
const ANYBODY = 'josephk'

export function sessionModel({
  preauth,
  preauthUser = ANYBODY,
  reauth,
  principalChange,
}: SessionModelOptions): SessionModel {
  return {
    anonymous: preauth === 'anonymous' ? { principalType: 'User', name: preauthUser } : undefined,
    anytime: reauth === 'anytime',
    mayChangePrincipal: principalChange === 'allow',
  }
}
