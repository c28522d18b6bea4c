import type { KafkaPeer } from '../groups/kafka-peer.ts'
import { Transcript } from '../groups/transcript.ts'
import { assigningScripts } from './scripts/assigning.ts'
import { membershipScripts } from './scripts/membership.ts'
import { neighbourScripts } from './scripts/neighbours.ts'
import { topologyScripts } from './scripts/topologies.ts'
import { type Script, Steps } from './steps.ts'

export const SCRIPTS: readonly Script[] = [
  ...membershipScripts,
  ...assigningScripts,
  ...topologyScripts,
  ...neighbourScripts,
]

/** How the last line of a script begins that could not go on. */
export const BROKE_OFF = 'broke off'

/** Lists that Kafka takes from hash maps. */
const UNORDERED = [
  'activeTasks',
  'standbyTasks',
  'topicConfigs',
  'clientTags',
  'partitionsByUserEndpoint',
  'activePartitions',
  'standbyPartitions',
]

/** Runs a script and tells what was answered; a script that cannot go on ends with a line that says so. */
export async function transcriptOf(script: Script, peer: KafkaPeer): Promise<readonly string[]> {
  const transcript = new Transcript(peer.topicIds, UNORDERED)
  try {
    await script.run(new Steps(peer, script.name.replaceAll(/\W+/g, '-'), transcript))
  } catch (error) {
    transcript.lines.push(`${BROKE_OFF}: ${error}`)
  }
  return transcript.lines
}
