/**
 * The metadata records: the only way the state of a cluster changes. Names and fields follow KRaft's own records
 * (`metadata/src/main/resources/common/metadata` in Kafka), with what a simulator has no use for left out.
 */
export type MetadataRecord =
  | RegisterBrokerRecord
  | UnregisterBrokerRecord
  | BrokerRegistrationChangeRecord
  | TopicRecord
  | RemoveTopicRecord
  | PartitionRecord
  | PartitionChangeRecord
  | ConfigRecord
  | FeatureLevelRecord
  | ProducerIdsRecord
  | UserScramCredentialRecord
  | RemoveUserScramCredentialRecord
  | DelegationTokenRecord
  | RemoveDelegationTokenRecord
  | ClientQuotaRecord
  | AccessControlEntryRecord
  | RemoveAccessControlEntryRecord
  | DefaultModeRecord
  | TopicModeRecord
  | UserGroupsRecord

/** Kafka's names for what a listener speaks (KIP-12). */
export type SecurityProtocol = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'

/** Where a broker can be reached by clients of one listener. */
export interface BrokerEndpoint {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: SecurityProtocol
}

export interface RegisterBrokerRecord {
  readonly type: 'RegisterBrokerRecord'
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly endPoints: readonly BrokerEndpoint[]
  readonly rack: string | null
  readonly fenced: boolean
}

export interface UnregisterBrokerRecord {
  readonly type: 'UnregisterBrokerRecord'
  readonly brokerId: number
}

/** A broker is fenced when it stops and unfenced when it is back. */
export interface BrokerRegistrationChangeRecord {
  readonly type: 'BrokerRegistrationChangeRecord'
  readonly brokerId: number
  readonly fenced: boolean
}

export interface TopicRecord {
  readonly type: 'TopicRecord'
  readonly name: string
  readonly topicId: string
}

export interface RemoveTopicRecord {
  readonly type: 'RemoveTopicRecord'
  readonly topicId: string
}

export interface PartitionRecord {
  readonly type: 'PartitionRecord'
  readonly topicId: string
  readonly partitionId: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** -1: none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
}

/** What is left out stays as it is. A new `leader` raises the leader epoch, any change the partition epoch. */
export interface PartitionChangeRecord {
  readonly type: 'PartitionChangeRecord'
  readonly topicId: string
  readonly partitionId: number
  readonly replicas?: readonly number[]
  readonly isr?: readonly number[]
  readonly leader?: number
}

/** Resource types as `ConfigResource.Type` numbers them. */
export const ConfigResourceType = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const

export interface ConfigRecord {
  readonly type: 'ConfigRecord'
  readonly resourceType: number
  /** Topic, group or subscription name, or the broker id as text; '' is the default of all brokers. */
  readonly resourceName: string
  readonly name: string
  /** null takes the override away. */
  readonly value: string | null
}

export interface FeatureLevelRecord {
  readonly type: 'FeatureLevelRecord'
  readonly name: string
  readonly featureLevel: number
}

export interface ProducerIdsRecord {
  readonly type: 'ProducerIdsRecord'
  readonly nextProducerId: number
}

/** What is kept of a user's password for one SCRAM mechanism (KIP-554). */
export interface UserScramCredentialRecord {
  readonly type: 'UserScramCredentialRecord'
  readonly name: string
  /** 1: SCRAM-SHA-256, 2: SCRAM-SHA-512. */
  readonly mechanism: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
  readonly iterations: number
}

export interface RemoveUserScramCredentialRecord {
  readonly type: 'RemoveUserScramCredentialRecord'
  readonly name: string
  readonly mechanism: number
}

/** A delegation token, new or changed; its HMAC is computed from its id and stored nowhere (KIP-48, KIP-373). */
export interface DelegationTokenRecord {
  readonly type: 'DelegationTokenRecord'
  readonly tokenId: string
  /** Principals as text, `User:alice`. */
  readonly owner: string
  readonly requester: string
  readonly renewers: readonly string[]
  /** Wall clock, milliseconds since 1970, as the two below. */
  readonly issueTimestamp: number
  readonly maxTimestamp: number
  readonly expirationTimestamp: number
}

export interface RemoveDelegationTokenRecord {
  readonly type: 'RemoveDelegationTokenRecord'
  readonly tokenId: string
}

/** An ACL; the numbers are those of the wire. */
export interface AccessControlEntryRecord {
  readonly type: 'AccessControlEntryRecord'
  /** A UUID. */
  readonly id: string
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
  /** `User:alice` */
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export interface RemoveAccessControlEntryRecord {
  readonly type: 'RemoveAccessControlEntryRecord'
  readonly id: string
}

/** What somebody may do to topics by default, of the mode bits; no record of Kafka's. */
export interface DefaultModeRecord {
  readonly type: 'DefaultModeRecord'
  /** A user, `@group` or `*`. */
  readonly who: string
  /** Bits; null takes the entry away. */
  readonly mode: number | null
}

/** What takes the default's place for one topic, there or not; no record of Kafka's. */
export interface TopicModeRecord {
  readonly type: 'TopicModeRecord'
  readonly topicName: string
  readonly who: string
  readonly mode: number | null
}

/** The groups that a user is in, for mode bits; no record of Kafka's. */
export interface UserGroupsRecord {
  readonly type: 'UserGroupsRecord'
  readonly user: string
  readonly groups: readonly string[]
}

/** What quotas are about: a user, a client id, a user's client id, or an address (KIP-546, KIP-612). */
export type QuotaEntity = readonly QuotaEntityPart[]

export interface QuotaEntityPart {
  /** `user`, `client-id` or `ip`; no entity has two parts of the same type. */
  readonly entityType: string
  /** null: the default of all that have no quotas of their own. */
  readonly entityName: string | null
}

/** One quota of one entity. */
export interface ClientQuotaRecord {
  readonly type: 'ClientQuotaRecord'
  readonly entity: QuotaEntity
  readonly key: string
  /** null takes the quota away. */
  readonly value: number | null
}
