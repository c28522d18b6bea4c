import { AclOperation } from './acl.ts'

/** What the early proposal for securing Kafka lets a user do to a topic, as Unix lets one do things to a file. */
export const MODE_BITS = ['READ', 'WRITE', 'DELETE', 'CREATE', 'CONFIGURE', 'DESCRIBE', 'REPLICATE'] as const

export type ModeBit = (typeof MODE_BITS)[number]

/** A set of bits as a number: `1 << MODE_BITS.indexOf(bit)` each. */
export type Mode = number

/** Which of Kafka's operations on a topic a bit stands for. CONFIGURE is three of them, REPLICATE none. */
export const OPERATIONS_OF: Readonly<Record<ModeBit, readonly AclOperation[]>> = {
  READ: [AclOperation.READ],
  WRITE: [AclOperation.WRITE],
  DELETE: [AclOperation.DELETE],
  CREATE: [AclOperation.CREATE],
  CONFIGURE: [AclOperation.ALTER, AclOperation.ALTER_CONFIGS, AclOperation.DESCRIBE_CONFIGS],
  DESCRIBE: [AclOperation.DESCRIBE],
  REPLICATE: [],
}

/**
 * The operation that REPLICATE stands for: a fetch as a follower, asked of each topic. Kafka has no such operation of a
 * topic; the code is that of ANY, which nobody is ever asked about.
 */
export const REPLICATE_TOPIC = AclOperation.ANY

export function modeOf(bits: readonly ModeBit[]): Mode {
  return bits.reduce((mode, bit) => mode | (1 << MODE_BITS.indexOf(bit)), 0)
}

export function bitsOf(mode: Mode): ModeBit[] {
  return MODE_BITS.filter((_, i) => (mode & (1 << i)) !== 0)
}

/** Kafka's operations on topics that a mode allows, a bit for each; no operation implies another. */
export function operationsOf(mode: Mode): number {
  let operations = 0
  for (const bit of bitsOf(mode)) {
    for (const operation of OPERATIONS_OF[bit]) operations |= 1 << operation
    if (bit === 'REPLICATE') operations |= 1 << REPLICATE_TOPIC
  }
  return operations
}
