import { OptionError } from './check-options.ts'
import type { BrokerLayout, ListenerLayout } from './cluster-layout.ts'
import type { EffectiveConfigs } from './metadata/effective-configs.ts'
import { isWildcard } from './network/listener.ts'
import { ListenerConfigs } from './security/tls/listener-configs.ts'
import { ThrowawayAuthority } from './security/tls/throwaway-authority.ts'
import {
  needsThrowaway,
  speaksTls,
  type Throwaway,
  type TlsSettings,
  tlsSettings,
} from './security/tls/tls-settings.ts'

/** What every client on this machine may call a broker. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1']

/** The certificates of a cluster's listeners, and the authority that made those that nobody brought along. */
export class ClusterTls {
  /** Undefined where no listener needs it. */
  readonly authority: ThrowawayAuthority | undefined
  readonly #throwaway: Throwaway | undefined
  readonly #configs: EffectiveConfigs

  private constructor(
    configs: EffectiveConfigs,
    authority: ThrowawayAuthority | undefined,
    throwaway: Throwaway | undefined,
  ) {
    this.#configs = configs
    this.authority = authority
    this.#throwaway = throwaway
  }

  static async create(layouts: readonly BrokerLayout[], configs: EffectiveConfigs): Promise<ClusterTls> {
    const inNeed = layouts.flatMap(({ nodeId, listeners }) =>
      listeners.filter((listener) => {
        return (
          speaksTls(listener.securityProtocol) &&
          needsThrowaway(given(listener), configsOf(configs, nodeId, listener))
        )
      }),
    )
    if (inNeed.length === 0) return new ClusterTls(configs, undefined, undefined)
    const authority = await ThrowawayAuthority.create()
    const own = inNeed.flatMap((listener) => [listener.host, listener.advertisedHost ?? listener.host])
    const hosts = [...new Set([...LOCAL_HOSTS, ...own.filter((each) => !isWildcard(each))])]
    const server = await authority.issue({ commonName: 'localhost', hosts })
    return new ClusterTls(configs, authority, { ...server, ca: authority.ca })
  }

  /**
   * What one listener of a broker needs to speak TLS; undefined for one that does not.
   * @throws OptionError
   */
  settings(nodeId: number, listener: ListenerLayout): TlsSettings | undefined {
    const { securityProtocol } = listener
    if (!speaksTls(securityProtocol)) return undefined
    const configs = configsOf(this.#configs, nodeId, listener)
    try {
      return tlsSettings(securityProtocol, given(listener), configs, this.#throwaway)
    } catch (error) {
      const { message } = error as Error
      throw new OptionError(`TLS of listener ${listener.name} of broker ${nodeId}: ${message}`)
    }
  }
}

function given({ tls }: ListenerLayout) {
  return tls === undefined || tls === true ? {} : tls
}

function configsOf(configs: EffectiveConfigs, nodeId: number, listener: ListenerLayout): ListenerConfigs {
  return new ListenerConfigs(configs.broker(nodeId).originals, listener.name)
}
