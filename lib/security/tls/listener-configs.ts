import type { Overrides } from '../../metadata/configs/config-def.ts'
import { listenerConfig } from '../listener-config.ts'

/** Kafka's `ssl.` configs, all of them texts, as they are set for one listener. */
export class ListenerConfigs {
  readonly #originals: Overrides
  readonly #listenerName: string

  /** @param originals the texts in force on the broker, those with listeners' prefixes too */
  constructor(originals: Overrides, listenerName: string) {
    this.#originals = originals
    this.#listenerName = listenerName
  }

  /**
   * What the listener has for itself, or else what the broker has for all; undefined where nobody said anything.
   * @throws ListenerConfigError
   */
  value(name: string): string | undefined {
    const { value, isSet } = listenerConfig(this.#originals, name, this.#listenerName)
    return isSet && value !== null ? String(value) : undefined
  }

  /** What the listener has for itself. */
  own(name: string): string | undefined {
    const isOwn = this.#originals.has(`listener.name.${this.#listenerName.toLowerCase()}.${name}`)
    return isOwn ? this.value(name) : undefined
  }
}
