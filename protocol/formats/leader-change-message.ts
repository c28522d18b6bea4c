import { array, int16, int32, message, uuid } from '../schema.ts'

/**
 * The value of the control record with which a KRaft leader opens its epoch (KIP-595). No version stands in front: its
 * own first field is the version it is written in.
 */
export const leaderChangeMessage = message(
  'LeaderChangeMessage',
  { versions: '0-1', flexible: '0+' },
  {
    version: int16('0+'),
    leaderId: int32('0+'),
    voters: array('0+', {
      voterId: int32('0+'),
      voterDirectoryId: uuid('1+'),
    }),
    grantingVoters: array('0+', {
      voterId: int32('0+'),
      voterDirectoryId: uuid('1+'),
    }),
  },
)
