import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/**
 * A function that loads the named package on its first call. Native codecs take 5 to 20 ms each to load, which a
 * cluster that never meets that codec should not pay when it starts.
 */
export function lazyModule<Module>(name: string): () => Module {
  let loaded: Module | undefined
  return () => {
    loaded ??= require(name) as Module
    return loaded
  }
}
