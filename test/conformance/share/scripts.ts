import { Transcript } from '../groups/transcript.ts'
import type { Peer } from './peer.ts'
import { acknowledgingScripts } from './scripts/acknowledging.ts'
import { fetchingScripts } from './scripts/fetching.ts'
import { heartbeatScripts } from './scripts/heartbeats.ts'
import { limitScripts } from './scripts/limits.ts'
import { offsetScripts } from './scripts/offsets.ts'
import { sessionScripts } from './scripts/sessions.ts'
import { stateScripts } from './scripts/states.ts'
import { type Script, Steps } from './steps.ts'

export { WITHOUT } from './scripts/without.ts'

/** Those that wait for time to go by come first. */
export const SCRIPTS: readonly Script[] = [
  ...limitScripts,
  ...heartbeatScripts,
  ...fetchingScripts,
  ...sessionScripts,
  ...acknowledgingScripts,
  ...offsetScripts,
  ...stateScripts,
]

/** Runs a script and tells what was answered; a script that cannot go on ends with a line that says so. */
export async function transcriptOf(script: Script, peer: Peer): Promise<readonly string[]> {
  const transcript = new Transcript(peer.topicIds)
  const steps = new Steps(peer, script.name.replaceAll(/\W+/g, '-'), transcript)
  try {
    await script.run(steps)
  } catch (error) {
    transcript.lines.push(`broke off: ${error}`)
  } finally {
    await steps.close()
  }
  return transcript.lines
}
