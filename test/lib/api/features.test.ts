import t from 'tap'
import { createApiVersionsHandler } from '../../../lib/api/api-versions.ts'
import { createUpdateFeaturesHandler } from '../../../lib/api/update-features.ts'
import { FEATURES, featureLevel } from '../../../lib/metadata/features.ts'
import { ErrorCode } from '../../../protocol/errors.ts'
import { apiVersions } from '../../../protocol/messages/api-versions.ts'
import { updateFeatures } from '../../../protocol/messages/update-features.ts'
import { ask, contextOf } from '../../helpers/handlers.ts'
import { Controlled } from '../../helpers/metadata.ts'

/* Refusals and their words are compared with Kafka's in test/conformance/metadata. */

const UPGRADE = 1
const SAFE_DOWNGRADE = 2
const CLIENT = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }

class Rig extends Controlled {
  readonly #update = createUpdateFeaturesHandler(this)
  readonly #versions = createApiVersionsHandler({ ...this, nodeId: 1, handlers: () => [] })

  update(feature: string, maxVersionLevel: number, upgradeType = UPGRADE, validateOnly = false) {
    const featureUpdates = [{ feature, maxVersionLevel, upgradeType }]
    return ask(this.#update, updateFeatures, 2, { featureUpdates, validateOnly })
  }

  async finalized(): Promise<Record<string, number>> {
    const { finalizedFeatures } = await ask(this.#versions, apiVersions, 4, CLIENT)
    return Object.fromEntries(finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel]))
  }

  async supported(version: number): Promise<string[]> {
    const { supportedFeatures } = await ask(this.#versions, apiVersions, version, CLIENT)
    return supportedFeatures.map(({ name }) => name)
  }
}

t.test('a new cluster is at the default level of every feature', async (t) => {
  const rig = new Rig()
  for (const { name, defaultLevel } of FEATURES) t.equal(featureLevel(rig.image, name), defaultLevel, name)
  const on = FEATURES.filter(({ defaultLevel }) => defaultLevel > 0)
  t.same(await rig.finalized(), Object.fromEntries(on.map(({ name, defaultLevel }) => [name, defaultLevel])))
  t.same(
    await rig.supported(4),
    FEATURES.map(({ name }) => name),
  )
  t.same(
    await rig.supported(3),
    ['metadata.version'],
    'KAFKA-17011: old clients stumble over a lowest level of 0',
  )
})

t.test('each feature goes to each of its levels, there and back', async (t) => {
  const rig = new Rig()
  for (const { name, minVersion, maxVersion, defaultLevel } of FEATURES) {
    if (name === 'metadata.version') continue
    for (let level = maxVersion; level >= minVersion; level--) {
      const type = level < featureLevel(rig.image, name) ? SAFE_DOWNGRADE : UPGRADE
      t.equal((await rig.update(name, level, type, true)).errorCode, ErrorCode.NONE)
      t.equal((await rig.update(name, level, type)).errorCode, ErrorCode.NONE)
      t.equal(featureLevel(rig.image, name), level)
      t.equal((await rig.finalized())[name], level === 0 ? undefined : level)
    }
    t.equal((await rig.update(name, defaultLevel)).errorCode, ErrorCode.NONE)
    t.equal((await rig.update(name, maxVersion + 1)).errorCode, ErrorCode.INVALID_UPDATE_VERSION)
  }
})

t.test('metadata.version goes up, and down only as far as nothing is lost', async (t) => {
  const rig = new Rig()
  rig.metadata.commit([{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 28 }])
  t.equal((await rig.update('metadata.version', 24, SAFE_DOWNGRADE)).errorCode, ErrorCode.NONE)
  t.equal((await rig.update('metadata.version', 29)).errorCode, ErrorCode.NONE)
  const refused = await rig.update('metadata.version', 22, SAFE_DOWNGRADE)
  t.equal(refused.errorCode, ErrorCode.INVALID_UPDATE_VERSION)
  t.match(refused.errorMessage, /Unsupported metadata\.version downgrade from 29 to 22\. Refusing/)
  t.equal(featureLevel(rig.image, 'metadata.version'), 29)
})

t.test('one that is refused keeps the others from changing, and so does a dry run', async (t) => {
  const rig = new Rig()
  rig.metadata.commit([{ type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 31 }])
  const handler = createUpdateFeaturesHandler(rig)
  const higher = { feature: 'metadata.version', maxVersionLevel: 33 }
  const featureUpdates = [higher, { feature: 'nonsense', maxVersionLevel: 1 }]
  const answer = await ask(handler, updateFeatures, 1, { featureUpdates })
  t.equal(answer.errorCode, ErrorCode.INVALID_UPDATE_VERSION)
  t.match(answer.errorMessage, /feature nonsense\. Local controller 1 does not support this feature\./)
  t.equal(featureLevel(rig.image, 'metadata.version'), 31)
  await ask(handler, updateFeatures, 1, { featureUpdates: [higher], validateOnly: true })
  t.equal(featureLevel(rig.image, 'metadata.version'), 31)
})

t.test('only who may alter the cluster changes features', async (t) => {
  const rig = new Rig()
  const asked: unknown[][] = []
  const { context } = contextOf(2)
  context.authorize = (...question) => asked.push(question) < 0
  const featureUpdates = [{ feature: 'metadata.version', maxVersionLevel: 33 }]
  const answer = await ask(
    createUpdateFeaturesHandler(rig),
    updateFeatures,
    2,
    { featureUpdates },
    { context, close() {} },
  )
  t.equal(answer.errorCode, ErrorCode.CLUSTER_AUTHORIZATION_FAILED)
  t.same(asked, [[7, 4, 'kafka-cluster']])
})
