import type { GroupCoordinator } from '../groups/coordinator.ts'
import type { Clock } from '../lab/clock.ts'
import type { Random } from '../lab/random.ts'
import type { ReplicaManager } from '../log/replica-manager.ts'
import type { Controller } from '../metadata/controller/controller.ts'
import type { EffectiveConfigs } from '../metadata/effective-configs.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { Handler } from '../network/handler.ts'
import type { AclController } from '../security/authorization/acl-controller.ts'
import type { DelegationTokens } from '../security/delegation-tokens/delegation-tokens.ts'
import type { ShareCoordinator } from '../share/share-coordinator.ts'
import type { SharePartitions } from '../share/share-partitions.ts'
import type { ShareSessions } from '../share/share-sessions.ts'
import type { TransactionCoordinator } from '../transactions/coordinator.ts'
import type { TransactionVerifier } from '../transactions/verification.ts'

/**
 * What one broker is made of, as far as handlers are concerned. A handler asks for the parts it needs
 * (`Pick<Parts, 'metadata' | 'clock'>`), never for a broker or the cluster.
 */
export interface Parts {
  readonly nodeId: number
  readonly clock: Clock
  readonly random: Random
  readonly metadata: Metadata
  readonly controller: Controller
  readonly configs: EffectiveConfigs
  readonly replicas: ReplicaManager
  /** Of the whole cluster; each broker asks it by its node id. */
  readonly groupCoordinator: GroupCoordinator
  /** Of the whole cluster; each broker asks it by its node id. */
  readonly transactionCoordinator: TransactionCoordinator
  readonly transactionVerifier: TransactionVerifier
  /** Of the whole cluster. */
  readonly shareCoordinator: ShareCoordinator
  readonly sharePartitions: SharePartitions
  readonly shareSessions: ShareSessions
  /** Of the whole cluster. */
  readonly tokens: DelegationTokens
  /** Of the whole cluster; undefined where its authorizer does not go by ACLs. */
  readonly acls: AclController | undefined
  /** Every handler of the broker, in order of their APIs' keys: what ApiVersions tells. */
  readonly handlers: () => readonly Handler[]
}
