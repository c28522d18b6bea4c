import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { RigPeer } from '../../conformance/groups/rig-peer.ts'
import { SCRIPTS, transcriptOf } from '../../conformance/groups/scripts.ts'
import { repositoryRoot } from '../../helpers/real-kafka/classpath.ts'

/**
 * The scripts of the conformance suite against what a real Kafka 4.4 answered to them, as
 * `node dist/test/conformance/groups/record.js` kept it.
 */
const file = join(repositoryRoot(), 'fixtures', 'groups', 'kafka-answers.json')
const answers = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string[]>

t.same(
  SCRIPTS.map(({ name }) => name),
  Object.keys(answers),
)

for (const script of SCRIPTS) {
  t.test(script.name, async (t) => {
    const peer = new RigPeer()
    t.same(await peer.during(transcriptOf(script, peer)), answers[script.name])
  })
}
