import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cluster } from '../../../lib/index.ts'
import { startRealKafka } from '../../helpers/real-kafka/real-kafka.ts'
import { batches, scenario } from './scenario.ts'

const SHOWN = 20

/** The same records stored in Kafka and in ours, in memory and in a directory, and read within the same limits. */
export async function run(): Promise<{ passed: number; failed: number; details: string[] }> {
  const stored = batches()
  const theirs = await kafkaAnswers(stored)
  let passed = 0
  const details: string[] = []
  for (const [where, ours] of [
    ['memory', await josephkAnswers(stored)],
    ['directory', await directoryAnswers(stored)],
  ] as const) {
    for (let line = 0; line < Math.max(theirs.length, ours.length); line++) {
      if (theirs[line] === ours[line]) passed++
      else details.push(`${where}\n    kafka:   ${theirs[line]}\n    josephk: ${ours[line]}`)
    }
  }
  return { passed, failed: details.length, details: details.slice(0, SHOWN) }
}

async function kafkaAnswers(stored: readonly Buffer[]): Promise<string[]> {
  await using kafka = await startRealKafka()
  return await scenario(kafka.bootstrapServers, stored)
}

async function josephkAnswers(stored: readonly Buffer[], dataDir?: string): Promise<string[]> {
  await using cluster = await Cluster.start(dataDir === undefined ? {} : { dataDir })
  return await scenario(cluster.bootstrapServers, stored)
}

async function directoryAnswers(stored: readonly Buffer[]): Promise<string[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'josephk-fetch-'))
  try {
    return await josephkAnswers(stored, dataDir)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}
