import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryRoot } from '../../helpers/real-kafka/classpath.ts'
import { kafkaAnswers } from './main.ts'
import { SCRIPTS } from './scripts.ts'

/** Keeps what a real Kafka answers to the scripts, for tests that run where there is no Java. */
const file = join(repositoryRoot(), 'fixtures', 'groups', 'kafka-answers.json')
const answers = await kafkaAnswers()
const ordered = Object.fromEntries(SCRIPTS.map(({ name }) => [name, answers[name]]))
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(ordered, null, 1)}\n`)
