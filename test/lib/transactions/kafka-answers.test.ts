import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { josephkAnswers } from '../../conformance/transactions/main.ts'
import { RUNS, TWO_PHASE_RUNS } from '../../conformance/transactions/scripts.ts'
import { repositoryRoot } from '../../helpers/real-kafka/classpath.ts'

/**
 * The scripts of the conformance suite against what a real Kafka 4.4 answered to them, as
 * `node dist/test/conformance/transactions/record.js` kept it.
 */
const file = join(repositoryRoot(), 'fixtures', 'transactions', 'kafka-answers.json')
const answers = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string[]>

const runs = [...RUNS, ...TWO_PHASE_RUNS]
t.same(
  runs.map(({ name }) => name),
  Object.keys(answers),
)

const ours = await josephkAnswers()
for (const { name } of runs) t.same(ours[name], answers[name], name)
