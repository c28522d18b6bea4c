import type { Handler } from '../network/handler.ts'
import type { BrokerQuotas } from '../quotas/broker-quotas.ts'
import { createAddOffsetsToTxnHandler } from './add-offsets-to-txn.ts'
import { createAddPartitionsToTxnHandler } from './add-partitions-to-txn.ts'
import { createAlterClientQuotasHandler } from './alter-client-quotas.ts'
import { createAlterConfigsHandler } from './alter-configs.ts'
import { createAlterShareGroupOffsetsHandler } from './alter-share-group-offsets.ts'
import { createAlterUserScramCredentialsHandler } from './alter-user-scram-credentials.ts'
import { createApiVersionsHandler } from './api-versions.ts'
import { createConsumerGroupDescribeHandler } from './consumer-group-describe.ts'
import { createConsumerGroupHeartbeatHandler } from './consumer-group-heartbeat.ts'
import { createCreateAclsHandler } from './create-acls.ts'
import { createCreateDelegationTokenHandler } from './create-delegation-token.ts'
import { createCreatePartitionsHandler } from './create-partitions.ts'
import { createCreateTopicsHandler } from './create-topics.ts'
import { createDeleteAclsHandler } from './delete-acls.ts'
import { createDeleteGroupsHandler } from './delete-groups.ts'
import { createDeleteRecordsHandler } from './delete-records.ts'
import { createDeleteShareGroupOffsetsHandler } from './delete-share-group-offsets.ts'
import { createDeleteShareGroupStateHandler } from './delete-share-group-state.ts'
import { createDeleteTopicsHandler } from './delete-topics.ts'
import { createDescribeAclsHandler } from './describe-acls.ts'
import { createDescribeClientQuotasHandler } from './describe-client-quotas.ts'
import { createDescribeClusterHandler } from './describe-cluster.ts'
import { createDescribeConfigsHandler } from './describe-configs.ts'
import { createDescribeDelegationTokenHandler } from './describe-delegation-token.ts'
import { createDescribeGroupsHandler } from './describe-groups.ts'
import { createDescribeProducersHandler } from './describe-producers.ts'
import { createDescribeShareGroupOffsetsHandler } from './describe-share-group-offsets.ts'
import { createDescribeTopicPartitionsHandler } from './describe-topic-partitions.ts'
import { createDescribeTransactionsHandler } from './describe-transactions.ts'
import { createDescribeUserScramCredentialsHandler } from './describe-user-scram-credentials.ts'
import { createElectLeadersHandler } from './elect-leaders.ts'
import { createEndTxnHandler } from './end-txn.ts'
import { createExpireDelegationTokenHandler } from './expire-delegation-token.ts'
import { createFetchHandler } from './fetch.ts'
import { createFindCoordinatorHandler } from './find-coordinator.ts'
import { createHeartbeatHandler } from './heartbeat.ts'
import { createIncrementalAlterConfigsHandler } from './incremental-alter-configs.ts'
import { createInitProducerIdHandler } from './init-producer-id.ts'
import { createInitializeShareGroupStateHandler } from './initialize-share-group-state.ts'
import { createJoinGroupHandler } from './join-group.ts'
import { createLeaveGroupHandler } from './leave-group.ts'
import { createListConfigResourcesHandler } from './list-config-resources.ts'
import { createListGroupsHandler } from './list-groups.ts'
import { createListOffsetsHandler } from './list-offsets.ts'
import { createListTransactionsHandler } from './list-transactions.ts'
import { createMetadataHandler } from './metadata.ts'
import { createOffsetCommitHandler } from './offset-commit.ts'
import { createOffsetDeleteHandler } from './offset-delete.ts'
import { createOffsetFetchHandler } from './offset-fetch.ts'
import { createOffsetForLeaderEpochHandler } from './offset-for-leader-epoch.ts'
import type { Parts } from './parts.ts'
import { createProduceHandler } from './produce.ts'
import { createReadShareGroupStateHandler } from './read-share-group-state.ts'
import { createReadShareGroupStateSummaryHandler } from './read-share-group-state-summary.ts'
import { createRenewDelegationTokenHandler } from './renew-delegation-token.ts'
import { createSaslAuthenticateHandler } from './sasl-authenticate.ts'
import { createSaslHandshakeHandler } from './sasl-handshake.ts'
import { createShareAcknowledgeHandler } from './share-acknowledge.ts'
import { createShareFetchHandler } from './share-fetch.ts'
import { createShareGroupDescribeHandler } from './share-group-describe.ts'
import { createShareGroupHeartbeatHandler } from './share-group-heartbeat.ts'
import { createStreamsGroupDescribeHandler } from './streams-group-describe.ts'
import { createStreamsGroupHeartbeatHandler } from './streams-group-heartbeat.ts'
import { createStreamsGroupTopologyDescriptionUpdateHandler } from './streams-group-topology-description-update.ts'
import { createSyncGroupHandler } from './sync-group.ts'
import { throttled } from './throttled.ts'
import { createTxnOffsetCommitHandler } from './txn-offset-commit.ts'
import { createUpdateFeaturesHandler } from './update-features.ts'
import { createWriteShareGroupStateHandler } from './write-share-group-state.ts'
import { createWriteTxnMarkersHandler } from './write-txn-markers.ts'

/** Every API that brokers serve, in order of the keys. */
const factories: readonly ((parts: Parts) => Handler)[] = [
  createProduceHandler,
  createFetchHandler,
  createListOffsetsHandler,
  createMetadataHandler,
  createOffsetCommitHandler,
  createOffsetFetchHandler,
  createFindCoordinatorHandler,
  createJoinGroupHandler,
  createHeartbeatHandler,
  createLeaveGroupHandler,
  createSyncGroupHandler,
  createDescribeGroupsHandler,
  createListGroupsHandler,
  createSaslHandshakeHandler,
  createApiVersionsHandler,
  createCreateTopicsHandler,
  createDeleteTopicsHandler,
  createDeleteRecordsHandler,
  createInitProducerIdHandler,
  createOffsetForLeaderEpochHandler,
  createAddPartitionsToTxnHandler,
  createAddOffsetsToTxnHandler,
  createEndTxnHandler,
  createWriteTxnMarkersHandler,
  createTxnOffsetCommitHandler,
  createDescribeAclsHandler,
  createCreateAclsHandler,
  createDeleteAclsHandler,
  createDescribeConfigsHandler,
  createAlterConfigsHandler,
  createSaslAuthenticateHandler,
  createCreatePartitionsHandler,
  createCreateDelegationTokenHandler,
  createRenewDelegationTokenHandler,
  createExpireDelegationTokenHandler,
  createDescribeDelegationTokenHandler,
  createDeleteGroupsHandler,
  createElectLeadersHandler,
  createIncrementalAlterConfigsHandler,
  createOffsetDeleteHandler,
  createDescribeClientQuotasHandler,
  createAlterClientQuotasHandler,
  createDescribeUserScramCredentialsHandler,
  createAlterUserScramCredentialsHandler,
  createUpdateFeaturesHandler,
  createDescribeClusterHandler,
  createDescribeProducersHandler,
  createDescribeTransactionsHandler,
  createListTransactionsHandler,
  createConsumerGroupHeartbeatHandler,
  createConsumerGroupDescribeHandler,
  createListConfigResourcesHandler,
  createDescribeTopicPartitionsHandler,
  createShareGroupHeartbeatHandler,
  createShareGroupDescribeHandler,
  createShareFetchHandler,
  createShareAcknowledgeHandler,
  createInitializeShareGroupStateHandler,
  createReadShareGroupStateHandler,
  createWriteShareGroupStateHandler,
  createDeleteShareGroupStateHandler,
  createReadShareGroupStateSummaryHandler,
  createStreamsGroupHeartbeatHandler,
  createStreamsGroupDescribeHandler,
  createDescribeShareGroupOffsetsHandler,
  createAlterShareGroupOffsetsHandler,
  createDeleteShareGroupOffsetsHandler,
  createStreamsGroupTopologyDescriptionUpdateHandler,
]

/** The handlers of one broker, bound to its parts and to the quotas that its clients have. */
export function createHandlers(parts: Omit<Parts, 'handlers'>, quotas?: BrokerQuotas): readonly Handler[] {
  const handlers: Handler[] = []
  const whole: Parts = { ...parts, handlers: () => handlers }
  for (const create of factories) {
    const handler = create(whole)
    handlers.push(quotas === undefined ? handler : throttled(handler, quotas))
  }
  return handlers
}
