import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { turns } from './network-turns.ts'

let collect: (() => void) | undefined

/** Bytes of the heap and of buffers that are still reachable, garbage being collected first. */
export async function heldBytes(): Promise<number> {
  if (!collect) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  for (let round = 0; round < 2; round++) {
    // Buffers' memory is given back by finalizers, which run in a later turn.
    await turns(5)
    collect()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
