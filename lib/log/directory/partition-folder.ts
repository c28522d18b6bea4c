import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomically } from './atomic-write.ts'
import { readEpochs } from './epoch-file.ts'

const METADATA = 'partition.metadata'
const NAMED = /^(.+)-(\d+)$/

/** The folder of one partition, and what its name and `partition.metadata` say. */
export interface PartitionFolder {
  readonly name: string
  readonly topic: string
  readonly index: number
  /** undefined where the file is missing: brokers before topics had ids have none. */
  readonly topicId: string | undefined
  /** The newest leader epoch of its log; -1: none. */
  readonly leaderEpoch: number
}

/** The folders of partitions in that directory; KRaft's own log, which has no records for clients, is none. */
export function partitionFolders(directory: string): PartitionFolder[] {
  const folders: PartitionFolder[] = []
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const match = entry.isDirectory() ? NAMED.exec(entry.name) : null
    const [, topic, index] = match ?? []
    if (topic === undefined || topic === '__cluster_metadata' || topic.includes('.deleted-')) continue
    const folder = join(directory, entry.name)
    const leaderEpoch = readEpochs(folder).at(-1)?.epoch ?? -1
    folders.push({ name: entry.name, topic, index: Number(index), topicId: readTopicId(folder), leaderEpoch })
  }
  return folders.sort((a, b) => (a.topic === b.topic ? a.index - b.index : a.topic < b.topic ? -1 : 1))
}

/** undefined where it says none. */
export function readTopicId(folder: string): string | undefined {
  try {
    return /^topic_id: (\S+)$/m.exec(readFileSync(join(folder, METADATA), 'utf8'))?.[1]
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

export function writeTopicId(folder: string, topicId: string): void {
  writeAtomically(join(folder, METADATA), `version: 0\ntopic_id: ${topicId}`, false)
}
