import { doesNotMatch, match } from 'node:assert/strict'
import type { Tools } from './tool.ts'

/** kafka-configs on quotas: of a user, of a user's client ids, of an address. */
export async function quotas(tools: Tools, prefix: string): Promise<void> {
  const run = (...args: string[]) => tools.run('kafka-configs', ...args)
  const refused = (why: RegExp, ...args: string[]) => tools.refused(why, 'kafka-configs', ...args)
  const user = `${prefix}-user`
  const onUser = ['--entity-type', 'users', '--entity-name', user]
  const onClients = [...onUser, '--entity-type', 'clients', '--entity-default']
  await run('--alter', ...onUser, '--add-config', 'producer_byte_rate=1024,request_percentage=12.5')
  await run('--alter', ...onClients, '--add-config', 'consumer_byte_rate=2048')
  const described = await run('--describe', ...onUser)
  match(
    described,
    new RegExp(`^Quota configs for user-principal '${user}' are .*producer_byte_rate=1024\\.0`, 'm'),
  )
  match(described, /request_percentage=12\.5/)
  match(
    await run('--describe', ...onClients),
    new RegExp(`user-principal '${user}', the default client-id are consumer_byte_rate=2048\\.0`),
  )
  await refused(
    /Unexpected config names: Set\(nonsense\)/,
    '--alter',
    ...onUser,
    '--add-config',
    'nonsense=1',
  )
  await refused(
    /Quota producer_byte_rate must be greater than 0/,
    ...['--alter', ...onUser, '--add-config', 'producer_byte_rate=-1'],
  )
  await run('--alter', ...onUser, '--delete-config', 'producer_byte_rate,request_percentage')
  doesNotMatch(await run('--describe', ...onUser), /producer_byte_rate|percentage/)
  const onAddress = ['--entity-type', 'ips', '--entity-name', '127.0.0.1']
  await run('--alter', ...onAddress, '--add-config', 'connection_creation_rate=1000')
  match(await run('--describe', ...onAddress), /connection_creation_rate=1000\.0/)
  await run('--alter', ...onAddress, '--delete-config', 'connection_creation_rate')
}
