import { bool, int, list } from '../config-def.ts'
import { atLeast, quorumBootstrapServers, quorumVoters } from '../validators.ts'

/** The Raft quorum of the controllers (QuorumConfig). */
export const CONTROLLER_QUORUM_CONFIGS = {
  'controller.quorum.voters': list([], quorumVoters),
  'controller.quorum.bootstrap.servers': list([], quorumBootstrapServers),
  'controller.quorum.election.timeout.ms': int(1000, atLeast(0)),
  'controller.quorum.fetch.timeout.ms': int(2000, atLeast(0)),
  'controller.quorum.election.backoff.max.ms': int(1000, atLeast(0)),
  'controller.quorum.append.linger.ms': int(25, atLeast(0)),
  'controller.quorum.request.timeout.ms': int(2000, atLeast(0)),
  'controller.quorum.retry.backoff.ms': int(20, atLeast(0)),
  'controller.quorum.auto.join.enable': bool(false),
  'controller.quorum.fetch.snapshot.max.bytes': int(1_048_576, atLeast(1)),
  'controller.quorum.fetch.max.bytes': int(1_048_576, atLeast(1)),
} as const
