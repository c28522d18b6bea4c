import { doesNotMatch, match } from 'node:assert/strict'
import type { Tools } from './tool.ts'

/** kafka-features on a cluster of its own: describe, downgrade, upgrade, disable, and what it refuses. */
export async function features(tools: Tools): Promise<void> {
  const run = (...args: string[]) => tools.run('kafka-features', ...args)
  const level = (name: string, expected: number) =>
    new RegExp(`^Feature: ${name}\\s.*FinalizedVersionLevel: ${expected}\\s`, 'm')
  const described = await run('describe')
  match(described, /^Feature: metadata\.version\s+SupportedMinVersion: 3\.3-IV3\s/m)
  match(described, /^Feature: transaction\.version\s+SupportedMinVersion: 0\s+SupportedMaxVersion: 2\s/m)
  match(described, level('transaction.version', 2))
  match(described, level('group.version', 1))

  match(
    await run('downgrade', '--feature', 'transaction.version=1'),
    /transaction\.version was downgraded to 1/,
  )
  match(await run('describe'), level('transaction.version', 1))
  match(await run('upgrade', '--feature', 'transaction.version=2', '--dry-run'), /can be upgraded to 2/)
  match(await run('describe'), level('transaction.version', 1))
  match(await run('upgrade', '--feature', 'transaction.version=2'), /transaction\.version was upgraded to 2/)
  match(await run('disable', '--feature', 'group.version'), /group\.version was disabled/)
  doesNotMatch(await run('describe'), level('group.version', 1))
  match(await run('upgrade', '--feature', 'group.version=1'), /group\.version was upgraded to 1/)
  await tools.refused(
    /Invalid update version 9 for feature transaction\.version\. Local controller \d+ only supports versions 0-2/,
    ...(['kafka-features', 'upgrade', '--feature', 'transaction.version=9'] as const),
  )
  await tools.refused(
    /Can't downgrade to a newer version\.|Can't downgrade the version of this feature/,
    ...(['kafka-features', 'upgrade', '--feature', 'transaction.version=1'] as const),
  )
}
