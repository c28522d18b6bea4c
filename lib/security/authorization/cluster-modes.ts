import { type AclOptions, aclOf } from './cluster-acls.ts'
import { bitsOf, type Mode, type ModeBit, modeOf } from './mode-bits.ts'
import type { ModeController } from './mode-controller.ts'
import { exportModes } from './mode-export.ts'
import { EVERYBODY } from './mode-store.ts'

/** Modes by whom they are for: a user's name, `'@group'`, or `'*'` for everybody who has no entry. */
export type Modes = { readonly [who: string]: readonly ModeBit[] }

/** What users may do to topics, as an early proposal for Kafka had it: seven bits, and no ACLs. */
export interface ModeBitsOptions {
  /** What a user may do to a topic that says nothing else: `/permissions/defaults` of the proposal. */
  readonly defaults?: Modes | undefined
  /** What takes the place of the defaults for single topics, there or not: `/permissions/topics`. */
  readonly topics?: { readonly [topic: string]: Modes } | undefined
  /** The groups that users are in. */
  readonly groups?: { readonly [user: string]: readonly string[] } | undefined
}

/** The modes of a cluster whose authorizer goes by mode bits. */
export interface ClusterModes {
  /** In force for the very next request. @param bits null takes the entry away @throws OptionError */
  setDefault(who: string, bits: readonly ModeBit[] | null): void
  /** In force for the very next request. @param bits null: the default counts again @throws OptionError */
  setTopic(topic: string, who: string, bits: readonly ModeBit[] | null): void
  /** @throws OptionError */
  setGroups(user: string, groups: readonly string[]): void
  /** Everything, in the shape of the option `modeBits`. */
  list(): Required<ModeBitsOptions>
  /**
   * ACLs that allow and deny just the same.
   * @throws ModeExportError, which says why there are none: ACLs add up, and a denial always wins
   */
  toAcls(): AclOptions[]
}

/** The face that the cluster's owner sees. */
export class OwnersModes implements ClusterModes {
  readonly #modes: ModeController
  readonly #check: (options: ModeBitsOptions) => ModeBitsOptions

  /** @param check throws OptionError */
  constructor(modes: ModeController, check: (options: ModeBitsOptions) => ModeBitsOptions) {
    this.#modes = modes
    this.#check = check
  }

  setDefault(who: string, bits: readonly ModeBit[] | null): void {
    this.#check({ defaults: { [who]: bits ?? [] } })
    this.#modes.setDefault(who, bits && modeOf(bits))
  }

  setTopic(topic: string, who: string, bits: readonly ModeBit[] | null): void {
    this.#check({ topics: { [topic]: { [who]: bits ?? [] } } })
    this.#modes.setTopic(topic, who, bits && modeOf(bits))
  }

  setGroups(user: string, groups: readonly string[]): void {
    this.#check({ groups: { [user]: groups } })
    this.#modes.setGroups(user, groups)
  }

  list(): Required<ModeBitsOptions> {
    const { store } = this.#modes.authorizer
    return {
      defaults: modesOf(store.defaults),
      topics: Object.fromEntries([...store.topics].map(([topic, modes]) => [topic, modesOf(modes)])),
      groups: Object.fromEntries(store.groups),
    }
  }

  toAcls(): AclOptions[] {
    return exportModes(this.#modes.authorizer.store, principalOf).map(aclOf)
  }
}

/** Sets what the option says. */
export function setModes(
  modes: ModeController,
  { defaults = {}, topics = {}, groups = {} }: ModeBitsOptions,
): void {
  for (const [user, names] of Object.entries(groups)) modes.setGroups(user, names)
  for (const [who, bits] of Object.entries(defaults)) modes.setDefault(who, modeOf(bits))
  for (const [topic, overrides] of Object.entries(topics)) {
    for (const [who, bits] of Object.entries(overrides)) modes.setTopic(topic, who, modeOf(bits))
  }
}

function modesOf(modes: ReadonlyMap<string, Mode>): Modes {
  return Object.fromEntries([...modes].map(([who, mode]) => [who, bitsOf(mode)]))
}

function principalOf(user: string): string {
  return user !== EVERYBODY && user.includes(':') ? user : `User:${user}`
}
