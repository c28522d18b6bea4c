import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomically } from './atomic-write.ts'

const NAME = 'meta.properties'

/** What Kafka keeps at the top of each of its directories (MetaProperties). */
export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

/** undefined where there is none, or none with a cluster's id. */
export function readMetaProperties(folder: string): { clusterId: string } | undefined {
  let text: string
  try {
    text = readFileSync(join(folder, NAME), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const clusterId = /^cluster\.id=(.+)$/m.exec(text)?.[1]?.trim()
  return clusterId === undefined ? undefined : { clusterId }
}

export function writeMetaProperties(folder: string, properties: MetaProperties): void {
  const { clusterId, nodeId, directoryId } = properties
  const lines = [
    'version=1',
    `cluster.id=${clusterId}`,
    `node.id=${nodeId}`,
    `directory.id=${directoryId}`,
    '',
  ]
  writeAtomically(join(folder, NAME), lines.join('\n'), true)
}
