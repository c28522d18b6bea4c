import type { consumerGroupHeartbeat } from '../../../protocol/messages/consumer-group-heartbeat.ts'
import type { RequestOf, ResponseOf } from '../../../protocol/schema.ts'

export type HeartbeatRequest = RequestOf<typeof consumerGroupHeartbeat>
export type HeartbeatResponse = ResponseOf<typeof consumerGroupHeartbeat>
