import { CONTROLLER_QUORUM_CONFIGS } from './broker/controller-quorum.ts'
import { DELEGATION_TOKEN_CONFIGS } from './broker/delegation-tokens.ts'
import { GROUP_COORDINATOR_CONFIGS } from './broker/group-coordinator.ts'
import { KRAFT_CONFIGS } from './broker/kraft.ts'
import { LOG_CONFIGS } from './broker/log.ts'
import { LOG_CLEANER_CONFIGS } from './broker/log-cleaner.ts'
import { METRIC_CONFIGS } from './broker/metrics.ts'
import { QUOTA_CONFIGS } from './broker/quotas.ts'
import { REMOTE_STORAGE_CONFIGS } from './broker/remote-storage.ts'
import { REPLICATION_CONFIGS } from './broker/replication.ts'
import { SASL_CONFIGS } from './broker/sasl.ts'
import { SERVER_CONFIGS } from './broker/server.ts'
import { SHARE_CONFIGS } from './broker/share.ts'
import { SOCKET_CONFIGS } from './broker/sockets.ts'
import { SSL_CONFIGS } from './broker/ssl.ts'
import { THROTTLE_CONFIGS } from './broker/throttles.ts'
import { TRANSACTION_CONFIGS } from './broker/transactions.ts'
import type { ConfigKey, ConfigKeys, UpdateMode } from './config-def.ts'
import { brokerConfigSynonyms } from './topic-synonyms.ts'

/** Every config of a broker (AbstractKafkaConfig.CONFIG_DEF), in the order in which Kafka checks them. */
export const BROKER_CONFIGS = {
  ...REMOTE_STORAGE_CONFIGS,
  ...SERVER_CONFIGS,
  ...KRAFT_CONFIGS,
  ...SOCKET_CONFIGS,
  ...REPLICATION_CONFIGS,
  ...GROUP_COORDINATOR_CONFIGS,
  ...LOG_CLEANER_CONFIGS,
  ...LOG_CONFIGS,
  ...SHARE_CONFIGS,
  ...TRANSACTION_CONFIGS,
  ...CONTROLLER_QUORUM_CONFIGS,
  ...METRIC_CONFIGS,
  ...QUOTA_CONFIGS,
  ...SSL_CONFIGS,
  ...SASL_CONFIGS,
  ...DELEGATION_TOKEN_CONFIGS,
} as const

const BROKER_KEYS: ConfigKeys = BROKER_CONFIGS
const THROTTLE_KEYS: ConfigKeys = THROTTLE_CONFIGS

/** Its declaration; undefined for a name that is not a broker's config. */
export function brokerConfigKey(name: string): ConfigKey | undefined {
  return Object.hasOwn(BROKER_KEYS, name) ? BROKER_KEYS[name] : undefined
}

/** The configs that can change while a broker runs (DynamicConfig.Broker), the throttles first as Kafka has them. */
export const DYNAMIC_BROKER_CONFIGS: ReadonlyMap<string, ConfigKey> = new Map(
  [...Object.entries(THROTTLE_KEYS), ...Object.entries(BROKER_KEYS)].filter(
    ([, declared]) => declared.updateMode !== 'read-only',
  ),
)

/** How the config can be changed; names of no config and listener overrides count as read-only. */
export function brokerUpdateMode(name: string): UpdateMode {
  return DYNAMIC_BROKER_CONFIGS.get(name)?.updateMode ?? 'read-only'
}

/** The declaration that gives a name its type; a listener's override has that of the config it overrides. */
export function brokerConfigKeyOfType(name: string): ConfigKey | undefined {
  const own = brokerConfigKey(name) ?? DYNAMIC_BROKER_CONFIGS.get(name)
  if (own !== undefined) return own
  for (const synonym of brokerConfigSynonyms(name, true)) {
    const declared = brokerConfigKey(synonym)
    if (declared !== undefined) return declared
  }
  return undefined
}
