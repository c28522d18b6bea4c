import type { BrokerConfig } from '../configs/resolve.ts'
import { CONSUMER_OFFSETS_TOPIC, SHARE_GROUP_STATE_TOPIC, TRANSACTION_STATE_TOPIC } from '../topic-name.ts'
import type { CreatableTopic } from './create-topics.ts'

/**
 * A topic as brokers create it on their own: those they keep their state in are laid out by their own configs, any other
 * as the defaults say (`AutoTopicCreationManager.creatableTopic`).
 */
export function autoCreatedTopic(name: string, config: BrokerConfig): CreatableTopic {
  switch (name) {
    case CONSUMER_OFFSETS_TOPIC:
      return creatable(name, config.offsetsTopicNumPartitions, config.offsetsTopicReplicationFactor, {
        'cleanup.policy': 'compact',
        'compression.type': 'producer',
        'segment.bytes': String(config.offsetsTopicSegmentBytes),
      })
    case TRANSACTION_STATE_TOPIC:
      return creatable(
        name,
        config.transactionStateLogNumPartitions,
        config.transactionStateLogReplicationFactor,
        {
          'unclean.leader.election.enable': 'false',
          'compression.type': 'uncompressed',
          'cleanup.policy': 'compact',
          'min.insync.replicas': String(config.transactionStateLogMinIsr),
          'segment.bytes': String(config.transactionStateLogSegmentBytes),
        },
      )
    case SHARE_GROUP_STATE_TOPIC:
      return creatable(
        name,
        config.shareCoordinatorStateTopicNumPartitions,
        config.shareCoordinatorStateTopicReplicationFactor,
        {
          'cleanup.policy': 'delete',
          'compression.type': 'producer',
          'segment.bytes': String(config.shareCoordinatorStateTopicSegmentBytes),
          'min.insync.replicas': String(config.shareCoordinatorStateTopicMinIsr),
          'retention.ms': '-1',
        },
      )
    default:
      return creatable(name, config.numPartitions, config.defaultReplicationFactor, {})
  }
}

function creatable(
  name: string,
  numPartitions: number,
  replicationFactor: number,
  configs: Record<string, string>,
): CreatableTopic {
  return {
    name,
    numPartitions,
    replicationFactor,
    assignments: [],
    configs: Object.entries(configs).map(([config, value]) => ({ name: config, value })),
  }
}
