import { clusterWide, int, internal, short, string } from '../config-def.ts'
import { atLeast, between } from '../validators.ts'

/** Share groups and their coordinator (ShareGroupConfig, ShareCoordinatorConfig). */
export const SHARE_CONFIGS = {
  'group.share.delivery.count.limit': int(5, between(2, 10)),
  'group.share.max.delivery.count.limit': int(10, between(5, 25)),
  'group.share.min.delivery.count.limit': int(2, between(2, 5)),
  'group.share.record.lock.duration.ms': int(30_000, between(1000, 3_600_000)),
  'group.share.min.record.lock.duration.ms': int(15_000, between(1000, 30_000)),
  'group.share.max.record.lock.duration.ms': int(60_000, between(30_000, 3_600_000)),
  'group.share.partition.max.record.locks': int(2000, between(100, 10_000)),
  'group.share.max.partition.max.record.locks': int(4000, between(2000, 10_000)),
  'group.share.min.partition.max.record.locks': int(100, between(100, 2000)),
  'share.fetch.purgatory.purge.interval.requests': int(1000),
  'group.share.max.share.sessions': int(2000, atLeast(1)),
  'group.share.persister.class.name': internal(
    string('org.apache.kafka.server.share.persister.DefaultStatePersister'),
  ),
  'group.share.dlq.manager.class.name': internal(
    string('org.apache.kafka.server.share.dlq.DefaultShareGroupDLQManager'),
  ),
  'share.coordinator.state.topic.num.partitions': int(50, atLeast(1)),
  'share.coordinator.state.topic.replication.factor': short(3, atLeast(1)),
  'share.coordinator.state.topic.min.isr': short(2, atLeast(1)),
  'share.coordinator.state.topic.segment.bytes': int(104_857_600, atLeast(1)),
  'share.coordinator.threads': int(1, atLeast(1)),
  'share.coordinator.snapshot.update.records.per.snapshot': int(500, between(0, 500)),
  'share.coordinator.load.buffer.size': int(5_242_880, atLeast(1)),
  'share.coordinator.state.topic.compression.codec': int(0),
  'share.coordinator.append.linger.ms': int(-1, atLeast(-1)),
  'share.coordinator.write.timeout.ms': int(5000, atLeast(1)),
  'share.coordinator.state.topic.prune.interval.ms': internal(int(300_000, atLeast(1))),
  'share.coordinator.cold.partition.snapshot.interval.ms': internal(int(300_000, atLeast(1))),
  'share.coordinator.cached.buffer.max.bytes': clusterWide(int(1_048_588, atLeast(524_288))),
} as const
