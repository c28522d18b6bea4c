// StreamsGroupTopologyDescriptionUpdate v0: a member hands over the description of its topology, for people to read.
// Brokers keep it in a plugin (`group.streams.topology.description.plugin.class`); this one has none, never asks a member for
// a description, and answers as Kafka does without one.
//
// Checked here: that streams groups are switched on, who may read the group.

import { ErrorCode } from '../../protocol/errors.ts'
import { streamsGroupTopologyDescriptionUpdate } from '../../protocol/messages/streams-group-topology-description-update.ts'
import { guarded, type Handler } from '../network/handler.ts'
import { may, READ_GROUP } from '../security/authorization/needs.ts'
import type { Parts } from './parts.ts'
import { areStreamsGroupsEnabled } from './streams-groups-enabled.ts'

export function createStreamsGroupTopologyDescriptionUpdateHandler({
  nodeId,
  groupCoordinator,
  metadata,
}: Pick<Parts, 'nodeId' | 'groupCoordinator' | 'metadata'>): Handler {
  return guarded(streamsGroupTopologyDescriptionUpdate, [READ_GROUP], ({ groupId }, context) => {
    if (!areStreamsGroupsEnabled(metadata.image, groupCoordinator.configOf(nodeId))) {
      return { errorCode: ErrorCode.UNSUPPORTED_VERSION }
    }
    if (!may(context, READ_GROUP, groupId)) return { errorCode: READ_GROUP.errorCode }
    return {
      errorCode: ErrorCode.UNSUPPORTED_VERSION,
      errorMessage: 'The broker has no streams group topology description plugin configured.',
    }
  })
}
