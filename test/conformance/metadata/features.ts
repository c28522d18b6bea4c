import { updateFeatures } from '../../../protocol/messages/update-features.ts'
import type { Scenario } from './scenario.ts'

type Wish = [feature: string, maxVersionLevel: number, upgradeType?: number]

/** UpdateFeatures: what is granted, what is refused, and in which words. */
export async function featuresScenario(scenario: Scenario): Promise<void> {
  const ask = (step: string, wishes: readonly Wish[], validateOnly: boolean, version?: number) => {
    const featureUpdates = wishes.map(([feature, maxVersionLevel, upgradeType]) => ({
      feature,
      maxVersionLevel,
      ...(upgradeType === undefined || version === 0 ? {} : { upgradeType }),
    }))
    return scenario.ask(
      step,
      updateFeatures,
      { featureUpdates, ...(version === 0 ? {} : { validateOnly }) },
      version,
    )
  }
  const everyLevel: readonly number[] = [-1, 0, 1, 6, 7, 20, 29, 30, 31, 32, 33, 34, 100]
  for (const upgradeType of [0, 1, 2, 3, 4, -1]) {
    for (const level of everyLevel) {
      const step = `metadata.version ${level} by ${upgradeType}`
      await ask(step, [['metadata.version', level, upgradeType]], level !== 33)
    }
    await ask(`nothing known, by ${upgradeType}`, [['nonsense', 1, upgradeType]], true)
    await ask(`nothing known, to 0 by ${upgradeType}`, [['nonsense', 0, upgradeType]], true)
  }
  for (const version of [0, 1, 2]) {
    await ask('none', [], false, version)
    await ask('as it is', [['metadata.version', 33]], false, version)
    await ask(
      'twice',
      [
        ['metadata.version', 1],
        ['metadata.version', 33],
      ],
      false,
      version,
    )
    await ask('lower', [['metadata.version', 32]], false, version)
    await ask('no name', [['', 1]], false, version)
  }
}
