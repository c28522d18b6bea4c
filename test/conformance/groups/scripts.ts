import type { GroupPeer } from './peer.ts'
import { consumerMembershipScripts } from './scripts/consumer-membership.ts'
import { consumerScripts } from './scripts/consumers.ts'
import { joiningScripts } from './scripts/joining.ts'
import { membershipScripts } from './scripts/membership.ts'
import { migrationScripts } from './scripts/migration.ts'
import { offsetScripts } from './scripts/offsets.ts'
import { type Script, Steps } from './steps.ts'
import { Transcript } from './transcript.ts'

export const SCRIPTS: readonly Script[] = [
  ...joiningScripts,
  ...membershipScripts,
  ...offsetScripts,
  ...consumerScripts,
  ...consumerMembershipScripts,
  ...migrationScripts,
]

/** Runs a script and tells what was answered; a script that cannot go on ends with a line that says so. */
export async function transcriptOf(
  script: Script,
  peer: GroupPeer & { readonly topicIds: ReadonlyMap<string, string> },
): Promise<readonly string[]> {
  const transcript = new Transcript(peer.topicIds)
  try {
    await script.run(new Steps(peer, script.name.replaceAll(/\W+/g, '-'), transcript))
  } catch (error) {
    transcript.lines.push(`broke off: ${error}`)
  }
  return transcript.lines
}
