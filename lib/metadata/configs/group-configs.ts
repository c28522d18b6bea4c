import { bool, int, internal, list, long, string } from './config-def.ts'
import { anyList, atLeast, oneOf, shareAutoOffsetReset } from './validators.ts'

/** Every config of a group (GroupConfig), in the order in which Kafka checks them. */
export const GROUP_CONFIGS = {
  'consumer.session.timeout.ms': int(45_000, atLeast(1)),
  'consumer.heartbeat.interval.ms': int(5000, atLeast(1)),
  'consumer.assignment.interval.ms': int(1000, atLeast(0)),
  'consumer.assignor.offload.enable': internal(bool(true)),
  'share.session.timeout.ms': int(45_000, atLeast(1)),
  'share.heartbeat.interval.ms': int(5000, atLeast(1)),
  'share.record.lock.duration.ms': int(30_000, atLeast(1000)),
  'share.delivery.count.limit': int(5, atLeast(2)),
  'share.partition.max.record.locks': int(2000, atLeast(100)),
  'share.auto.offset.reset': string('latest', shareAutoOffsetReset),
  'share.isolation.level': string('read_uncommitted', oneOf('read_committed', 'read_uncommitted')),
  'share.renew.acknowledge.enable': bool(true),
  'share.assignment.interval.ms': int(1000, atLeast(0)),
  'share.assignor.offload.enable': internal(bool(true)),
  'streams.session.timeout.ms': int(45_000, atLeast(1)),
  'streams.heartbeat.interval.ms': int(5000, atLeast(1)),
  'streams.num.standby.replicas': int(0, atLeast(0)),
  'streams.initial.rebalance.delay.ms': int(3000, atLeast(0)),
  'streams.assignment.interval.ms': int(1000, atLeast(0)),
  'streams.assignor.offload.enable': internal(bool(true)),
  'streams.task.offset.interval.ms': internal(int(60_000, atLeast(1))),
  'streams.num.warmup.replicas': internal(int(2, atLeast(0))),
  'streams.rack.aware.assignment.tags': list([], anyList),
  'streams.acceptable.recovery.lag': internal(long(10_000, atLeast(0))),
  'streams.assignor.name': string(null),
  'errors.deadletterqueue.topic.name': string(''),
  'errors.deadletterqueue.copy.record.enable': bool(false),
} as const
