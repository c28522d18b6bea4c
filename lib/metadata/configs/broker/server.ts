import { bool, clusterWide, int, internal, list, long, string } from '../config-def.ts'
import { anyList, atLeast, between, gzipLevel, nonNull, nullableList, oneOf } from '../validators.ts'

/** The broker as a whole (ServerConfigs). */
export const SERVER_CONFIGS = {
  'broker.id': int(-1),
  'message.max.bytes': clusterWide(int(1_048_588, atLeast(0))),
  'max.decompressed.message.bytes': clusterWide(int(2_147_483_639, between(1, 2_147_483_639))),
  'num.io.threads': clusterWide(int(8, atLeast(1))),
  'num.replica.alter.log.dirs.threads': int(null),
  'background.threads': clusterWide(int(10, atLeast(1))),
  'request.timeout.ms': int(30_000),
  'socket.connection.setup.timeout.ms': long(10_000),
  'socket.connection.setup.timeout.max.ms': long(30_000),
  'config.providers': clusterWide(list([], anyList)),
  'authorizer.class.name': string('', nonNull),
  'early.start.listeners': list(null, nullableList),
  'broker.rack': string(null),
  'controlled.shutdown.enable': bool(true),
  'delete.topic.enable': bool(true),
  'compression.type': clusterWide(
    string('producer', oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer')),
  ),
  'compression.gzip.level': clusterWide(int(-1, gzipLevel)),
  'compression.lz4.level': clusterWide(int(9, between(1, 17))),
  'compression.zstd.level': clusterWide(int(3, between(-131_072, 22))),
  'max.incremental.fetch.session.cache.slots': int(1000, atLeast(0)),
  'fetch.max.bytes': int(57_671_680, atLeast(1024)),
  'max.request.partition.size.limit': int(2000, atLeast(1)),
  'unstable.api.versions.enable': internal(bool(false)),
  'unstable.feature.versions.enable': internal(bool(false)),
} as const
