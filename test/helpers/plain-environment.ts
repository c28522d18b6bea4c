/*
 * tap passes its own loaders on to what tests start, which changes what that loads and how fast. These run things as a
 * user's shell would.
 */

/** For a worker: the environment without what tap adds. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...environment } = process.env
  return environment
}

/** For a child process: tap adds to the environment of every one, so it is `env` that takes it away again. */
export function plainCommand(command: string, args: readonly string[]): [string, string[]] {
  if (process.platform === 'win32') return [command, [...args]]
  return ['env', ['-u', 'NODE_OPTIONS', command, ...args]]
}
