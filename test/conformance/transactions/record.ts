import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryRoot } from '../../helpers/real-kafka/classpath.ts'
import { kafkaAnswers } from './main.ts'

/** Keeps what a real Kafka answers to the scripts, for tests that run where there is no Java. */
const file = join(repositoryRoot(), 'fixtures', 'transactions', 'kafka-answers.json')
const answers = await kafkaAnswers()
mkdirSync(dirname(file), { recursive: true })
writeFileSync(file, `${JSON.stringify(answers, null, 1)}\n`)
