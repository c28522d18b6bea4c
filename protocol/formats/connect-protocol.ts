import { array, bytes, type Field, int16, int32, int64, message, string } from '../schema.ts'

/**
 * What Connect workers tell the leader of their group in JoinGroup (`ConnectProtocol` for version 0, "default";
 * `IncrementalCooperativeConnectProtocol` for 1, "compatible", and 2, "sessioned": the same layout). Behind the int16 of
 * its version; a newer version is read as the newest.
 */
export const connectWorkerState = message(
  'ConnectWorkerState',
  { versions: '0-2', flexible: 'none' },
  {
    url: string('0+'),
    configOffset: int64('0+'),
    // What the worker holds now: a whole `connectAssignment`, its version in front.
    allocation: bytes('1+', { nullable: '1+', default: null }),
  },
)

const CONNECTOR_TASKS = {
  connector: string('0+'),
  // -1 stands for the connector itself.
  tasks: array('0+', int32()),
} as const satisfies Record<string, Field>

/** What the leader of a Connect group gives each worker in SyncGroup, behind the int16 of its version. */
export const connectAssignment = message(
  'ConnectAssignment',
  { versions: '0-2', flexible: 'none' },
  {
    // 0: none; 1: the worker's configuration is behind the leader's.
    error: int16('0+'),
    leader: string('0+'),
    leaderUrl: string('0+'),
    configOffset: int64('0+'),
    assignment: array('0+', { nullable: '1+' }, CONNECTOR_TASKS),
    revoked: array('1+', { nullable: '1+' }, CONNECTOR_TASKS),
    // Milliseconds until the worker shall join again.
    delay: int32('1+'),
  },
)
