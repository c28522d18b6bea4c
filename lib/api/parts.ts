import type { Clock } from '../lab/clock.ts'
import type { Random } from '../lab/random.ts'
import type { Metadata } from '../metadata/metadata.ts'

/**
 * What one broker is made of, as far as handlers are concerned. A handler asks for the parts it needs
 * (`Pick<Parts, 'metadata' | 'clock'>`), never for a broker or the cluster.
 */
export interface Parts {
  readonly nodeId: number
  readonly clock: Clock
  readonly random: Random
  readonly metadata: Metadata
}
