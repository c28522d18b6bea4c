import type { MetadataImage } from '../image.ts'
import type { AccessControlEntryRecord, MetadataRecord } from '../records.ts'

/** The rules lie outside of the image, with the authorizer. */
interface Kept {
  readonly image: MetadataImage
  readonly acls: Iterable<AccessControlEntryRecord>
}

type RecordType = MetadataRecord['type']
type Writers = { readonly [T in RecordType]: ((kept: Kept) => Iterable<MetadataRecord>) | null }

/**
 * How each kind of record is told from the state that it led to; null: by the records that it changes or takes away, or
 * not at all. In the order in which they must be applied. A new kind of record has to find its place here.
 */
const WRITERS: Writers = {
  FeatureLevelRecord: ({ image }) =>
    [...image.features].map(([name, featureLevel]) => ({ type: 'FeatureLevelRecord', name, featureLevel })),
  TopicRecord: ({ image }) =>
    [...image.topicsById.values()].map(({ name, topicId }) => ({ type: 'TopicRecord', name, topicId })),
  PartitionRecord: ({ image }) =>
    [...image.topicsById.values()].flatMap(({ partitions }) =>
      partitions.map(({ partitionIndex: partitionId, ...state }) => ({
        type: 'PartitionRecord',
        partitionId,
        ...state,
      })),
    ),
  ConfigRecord: ({ image }) => image.configRecords(),
  ProducerIdsRecord: ({ image: { nextProducerId } }) =>
    nextProducerId === 0 ? [] : [{ type: 'ProducerIdsRecord', nextProducerId }],
  UserScramCredentialRecord: ({ image }) =>
    [...image.scramCredentials.values()].flatMap((byMechanism) => [...byMechanism.values()]),
  DelegationTokenRecord: ({ image }) => image.delegationTokens.values(),
  ClientQuotaRecord: ({ image }) =>
    [...image.clientQuotas.values()].flatMap(({ entity, quotas }) =>
      [...quotas].map(([key, value]) => ({ type: 'ClientQuotaRecord', entity, key, value })),
    ),
  AccessControlEntryRecord: ({ acls }) => acls,
  DefaultModeRecord: ({ image }) => image.modes.records(),
  TopicModeRecord: null,
  UserGroupsRecord: null,

  RemoveTopicRecord: null,
  PartitionChangeRecord: null,
  RemoveUserScramCredentialRecord: null,
  RemoveDelegationTokenRecord: null,
  RemoveAccessControlEntryRecord: null,
  // Brokers live as long as their process does.
  RegisterBrokerRecord: null,
  UnregisterBrokerRecord: null,
  BrokerRegistrationChangeRecord: null,
}

/** Records that lead to this state, as KRaft's snapshots hold them; of brokers they say nothing. */
export function* recordsOf(kept: Kept): Generator<MetadataRecord> {
  for (const write of Object.values(WRITERS)) if (write !== null) yield* write(kept)
}

/** Whether what the record says outlives the process. */
export function isKept({ type }: MetadataRecord): boolean {
  return !type.includes('Broker')
}
