import { clusterWide, int, list, long, perBroker, string } from '../config-def.ts'
import { atLeast, nonEmptyList, nonEmptyNullableList } from '../validators.ts'

/** Listeners, connections and their limits (SocketServerConfigs). */
export const SOCKET_CONFIGS = {
  listeners: perBroker(list(['PLAINTEXT://:9092'], nonEmptyList)),
  'advertised.listeners': list(null, nonEmptyNullableList),
  'listener.security.protocol.map': perBroker(
    string('SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT'),
  ),
  'socket.send.buffer.bytes': int(102_400),
  'socket.receive.buffer.bytes': int(102_400),
  'socket.request.max.bytes': int(104_857_600, atLeast(1)),
  'socket.listen.backlog.size': int(50, atLeast(1)),
  'max.connections.per.ip': clusterWide(int(2_147_483_647, atLeast(0))),
  'max.connections.per.ip.overrides': clusterWide(string('')),
  'max.connections': clusterWide(int(2_147_483_647, atLeast(0))),
  'max.connection.creation.rate': clusterWide(int(2_147_483_647, atLeast(0))),
  'connections.max.idle.ms': long(600_000),
  'connection.failed.authentication.delay.ms': int(100, atLeast(0)),
  'queued.max.requests': int(500, atLeast(1)),
  'queued.max.request.bytes': long(-1),
  'num.network.threads': clusterWide(int(3, atLeast(1))),
} as const
