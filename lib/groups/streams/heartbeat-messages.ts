import type { streamsGroupHeartbeat } from '../../../protocol/messages/streams-group-heartbeat.ts'
import type { RequestOf, ResponseOf } from '../../../protocol/schema.ts'

export type StreamsHeartbeatRequest = RequestOf<typeof streamsGroupHeartbeat>
export type StreamsHeartbeatResponse = ResponseOf<typeof streamsGroupHeartbeat>
