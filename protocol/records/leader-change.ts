import { ProtocolError } from '../error.ts'
import { Reader } from '../primitives/reader.ts'
import { Writer } from '../primitives/writer.ts'

/** A member of the controllers' quorum. */
export interface LeaderChangeVoter {
  voterId: number
  /** Base64; from version 1 on (KIP-853). */
  voterDirectoryId?: string
}

/** The first record that a new leader of the quorum writes: the value of a LEADER_CHANGE control record (KIP-595). */
export interface LeaderChangeMessage {
  version: number
  leaderId: number
  voters: LeaderChangeVoter[]
  grantingVoters: LeaderChangeVoter[]
}

const HIGHEST_VERSION = 1

/** Throws `ProtocolError`. The message says its version itself. */
export function decodeLeaderChangeMessage(value: Buffer): LeaderChangeMessage {
  const reader = new Reader(value)
  try {
    const version = reader.int16()
    if (version < 0) throw new ProtocolError(`version ${version} of a leader change`)
    const leaderId = reader.int32()
    const voters = readVoters(reader, version)
    const grantingVoters = readVoters(reader, version)
    skipTags(reader)
    return { version, leaderId, voters, grantingVoters }
  } catch (error) {
    if (error instanceof RangeError) throw new ProtocolError('a leader change is cut short')
    throw error
  }
}

function readVoters(reader: Reader, version: number): LeaderChangeVoter[] {
  const voters: LeaderChangeVoter[] = []
  const count = reader.compactArrayLength(version > 0 ? 21 : 5)
  for (let index = 0; index < count; index++) {
    const voterId = reader.int32()
    voters.push(version > 0 ? { voterId, voterDirectoryId: reader.uuid() } : { voterId })
    skipTags(reader)
  }
  return voters
}

function skipTags(reader: Reader): void {
  for (let left = reader.unsignedVarint(); left > 0; left--) {
    reader.unsignedVarint()
    reader.skip(reader.unsignedVarint())
  }
}

export function encodeLeaderChangeMessage(message: LeaderChangeMessage): Buffer {
  if (message.version < 0 || message.version > HIGHEST_VERSION) {
    throw new ProtocolError(`version ${message.version} of a leader change: 0 to ${HIGHEST_VERSION} exist`)
  }
  const writer = new Writer()
  writer.int16(message.version)
  writer.int32(message.leaderId)
  writeVoters(writer, message.voters, message.version)
  writeVoters(writer, message.grantingVoters, message.version)
  writer.unsignedVarint(0)
  return Buffer.concat(writer.take())
}

function writeVoters(writer: Writer, voters: LeaderChangeVoter[], version: number): void {
  writer.unsignedVarint(voters.length + 1)
  for (const voter of voters) {
    writer.int32(voter.voterId)
    if (version > 0) writer.uuid(voter.voterDirectoryId ?? 'AAAAAAAAAAAAAAAAAAAAAA')
    writer.unsignedVarint(0)
  }
}
