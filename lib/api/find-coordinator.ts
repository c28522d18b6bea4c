// FindCoordinator v0-v6: which broker coordinates a group (key type 0), a transactional id (1) or a partition of a share
// group (2, since v6); several keys at once since v4.
//
// The internal topic that the coordinators lead is created when it is first asked for. Kafka answers
// COORDINATOR_NOT_AVAILABLE until that is done; here it is done before the answer, unless there are fewer brokers than
// the topic is to have replicas, in which case the error stays, as it does in Kafka.
//
// Checked here: who may describe the group or the transactional id; only brokers may ask for share groups' partitions.

import { ErrorCode } from '../../protocol/errors.ts'
import { findCoordinator } from '../../protocol/messages/find-coordinator.ts'
import type { ResponseOf } from '../../protocol/schema.ts'
import { coordinatorPartition } from '../groups/coordinator-key.ts'
import { shareCoordinatorKey } from '../groups/share-coordinator-key.ts'
import { ApiError } from '../metadata/controller/api-error.ts'
import {
  CONSUMER_OFFSETS_TOPIC,
  SHARE_GROUP_STATE_TOPIC,
  TRANSACTION_STATE_TOPIC,
} from '../metadata/topic-name.ts'
import { guarded, type Handler, type RequestContext } from '../network/handler.ts'
import {
  CLUSTER_ACTION,
  DESCRIBE_GROUP,
  DESCRIBE_TRANSACTIONAL_ID,
  may,
} from '../security/authorization/needs.ts'
import { endpointOf } from './listener-view.ts'
import { MALFORMED_REQUEST } from './malformed-request.ts'
import type { Parts } from './parts.ts'

type Coordinator = NonNullable<ResponseOf<typeof findCoordinator>['coordinators']>[number]

const KEY_TYPE = { GROUP: 0, TRANSACTION: 1, SHARE: 2 } as const
const KEY_TYPES = new Set<number>(Object.values(KEY_TYPE))
const BATCHED_SINCE = 4
const SHARE_SINCE = 6
/** Most are only told before v4; Kafka says NONE where there is nothing to say. */
const MESSAGES: Readonly<Record<number, string>> = {
  [ErrorCode.NONE]: 'NONE',
  [ErrorCode.INVALID_REQUEST]: MALFORMED_REQUEST.errorMessage as string,
  [ErrorCode.COORDINATOR_NOT_AVAILABLE]: 'no broker coordinates this key now',
  [ErrorCode.GROUP_AUTHORIZATION_FAILED]: 'Group authorization failed.',
  [ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED]: 'Transactional Id authorization failed.',
}
const NEEDS = [DESCRIBE_GROUP, DESCRIBE_TRANSACTIONAL_ID, CLUSTER_ACTION]
const NO_NODE = { nodeId: -1, host: '', port: -1 }

export function createFindCoordinatorHandler(parts: Pick<Parts, 'metadata' | 'controller'>): Handler {
  return guarded(findCoordinator, NEEDS, ({ key, keyType, coordinatorKeys }, context) => {
    if (isForBrokers(keyType, context) && !may(context, CLUSTER_ACTION)) {
      const refused = new ApiError(CLUSTER_ACTION.errorCode)
      return { coordinators: coordinatorKeys.map((key) => ({ key, ...NO_NODE, ...refused })) }
    }
    if (context.apiVersion >= BATCHED_SINCE) {
      return { coordinators: coordinatorKeys.map((key) => ({ key, ...find(parts, keyType, key, context) })) }
    }
    const coordinator = find(parts, keyType, key, context)
    return { ...coordinator, errorMessage: MESSAGES[coordinator.errorCode ?? ErrorCode.NONE] ?? null }
  })
}

function find(
  { metadata, controller }: Pick<Parts, 'metadata' | 'controller'>,
  keyType: number,
  key: string,
  context: RequestContext,
): Coordinator {
  if (!KEY_TYPES.has(keyType)) {
    // The one error that has a message in all versions.
    return {
      ...NO_NODE,
      errorCode: ErrorCode.INVALID_REQUEST,
      errorMessage: MESSAGES[ErrorCode.INVALID_REQUEST],
    }
  }
  const refused = refusal(keyType, key, context)
  if (refused !== undefined) return { ...NO_NODE, errorCode: refused }
  const { apiVersion, session } = context
  const place = placeOf(keyType, key, apiVersion)
  if (!place) return { ...NO_NODE, errorCode: ErrorCode.INVALID_REQUEST }
  const { image } = metadata
  if (!image.topicsByName.has(place.topic)) controller.createInternalTopic(place.topic)
  const partitions = image.topicsByName.get(place.topic)?.partitions ?? []
  const leader = partitions[coordinatorPartition(place.key, partitions.length)]?.leader ?? -1
  const endpoint = endpointOf(image, leader, session.listenerName)
  if (!endpoint) return { ...NO_NODE, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE }
  return { nodeId: leader, host: endpoint.host, port: endpoint.port }
}

function isForBrokers(keyType: number, { apiVersion }: RequestContext): boolean {
  return keyType === KEY_TYPE.SHARE && apiVersion >= SHARE_SINCE
}

function refusal(keyType: number, key: string, context: RequestContext): ErrorCode | undefined {
  if (keyType === KEY_TYPE.SHARE) return undefined
  const need = keyType === KEY_TYPE.GROUP ? DESCRIBE_GROUP : DESCRIBE_TRANSACTIONAL_ID
  return may(context, need, key) ? undefined : need.errorCode
}

function placeOf(
  keyType: number,
  key: string,
  apiVersion: number,
): { topic: string; key: string } | undefined {
  switch (keyType) {
    case KEY_TYPE.GROUP:
      return { topic: CONSUMER_OFFSETS_TOPIC, key }
    case KEY_TYPE.TRANSACTION:
      return { topic: TRANSACTION_STATE_TOPIC, key }
    case KEY_TYPE.SHARE: {
      const shareKey = apiVersion >= SHARE_SINCE ? shareCoordinatorKey(key) : undefined
      return shareKey === undefined ? undefined : { topic: SHARE_GROUP_STATE_TOPIC, key: shareKey }
    }
    default:
      return undefined
  }
}
