// UpdateFeatures, versions 0 to 2 (KIP-584). All wishes of a request are granted or none. Every broker takes it and hands
// it to the controller.
//
// Checks: ALTER of the cluster; what `updateFeatures` of the controller checks. Version 0 cannot downgrade: KRaft's
// controllers pass over its `allowDowngrade`.
// Left out: the timeout, since the levels have changed when the answer is sent.

import { updateFeatures } from '../../protocol/messages/update-features.ts'
import { UpgradeType } from '../metadata/controller/update-features.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { ALTER_CLUSTER } from '../security/authorization/needs.ts'
import { clusterRefusal } from './cluster-refusal.ts'
import { controllerId } from './listener-view.ts'
import type { Parts } from './parts.ts'

const RESULTS_UNTIL = 1

export function createUpdateFeaturesHandler({
  metadata,
  controller,
}: Pick<Parts, 'metadata' | 'controller'>): Handler {
  return guarded(updateFeatures, [ALTER_CLUSTER], ({ featureUpdates, validateOnly }, context) => {
    const { apiVersion } = context
    const refusal = clusterRefusal(context, ALTER_CLUSTER)
    if (refusal) return { ...refusal }
    const updates = featureUpdates.map(({ feature, maxVersionLevel, upgradeType }) => ({
      feature,
      maxVersionLevel,
      upgradeType: apiVersion === 0 ? UpgradeType.UPGRADE : upgradeType,
    }))
    const fault = controller.updateFeatures(updates, controllerId(metadata.image), validateOnly)
    if (fault !== undefined) {
      const errorMessage = `The update failed for all features since the following feature had an error: ${fault.errorMessage}`
      return { errorCode: fault.errorCode, errorMessage }
    }
    if (apiVersion > RESULTS_UNTIL) return { errorMessage: null }
    const results = updates.map(({ feature }) => ({ feature, errorMessage: 'NONE' }))
    return { errorMessage: null, results }
  })
}
