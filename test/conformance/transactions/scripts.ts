import type { Peer } from './peer.ts'
import { endScripts } from './scripts/ends.ts'
import { listScripts } from './scripts/lists.ts'
import { offsetScripts } from './scripts/offsets.ts'
import { partitionScripts } from './scripts/partitions.ts'
import { producerIdScripts } from './scripts/producer-ids.ts'
import { onePhaseScripts, twoPhaseScripts } from './scripts/two-phase.ts'
import { type Script, Steps } from './steps.ts'
import { Transcript } from './transcript.ts'

export const SCRIPTS: readonly Script[] = [
  ...producerIdScripts,
  ...partitionScripts,
  ...endScripts,
  ...offsetScripts,
  ...listScripts,
  ...onePhaseScripts,
]

/** `transaction.version` as a cluster begins with it, and lowered. */
export const LEVELS = [2, 1, 0] as const

/** At level 0 Kafka stumbles over requests of the new protocol, and the transactional id cannot be used after. */
const AT_LEVEL_0 = new Set([
  'init-refusals',
  'init-again',
  'add-partitions',
  'produce-verified',
  'end-v4',
  'offsets-verified',
])

export interface Run {
  readonly level: number
  readonly script: Script
  readonly name: string
}

export const RUNS: readonly Run[] = LEVELS.flatMap((level) =>
  SCRIPTS.filter(({ name }) => level > 0 || AT_LEVEL_0.has(name)).map((script) => {
    return { level, script, name: `${script.name}-at-${level}` }
  }),
)

/** On a broker of their own, with `transaction.two.phase.commit.enable`. */
export const TWO_PHASE_RUNS: readonly Run[] = twoPhaseScripts.map((script) => {
  return { level: LEVELS[0], script, name: script.name }
})

/** Runs a script and tells what was answered; a script that cannot go on ends with a line that says so. */
export async function transcriptOf(peer: Peer, script: Script, name: string): Promise<readonly string[]> {
  const transcript = new Transcript()
  try {
    await script.run(new Steps(peer, name, transcript))
  } catch (error) {
    transcript.lines.push(`broke off: ${error}`)
  }
  return transcript.lines
}
