import { AclOperation, CLUSTER_NAME, ResourceType } from '../security/authorization/acl.ts'
import { DESCRIBE_CLUSTER, may } from '../security/authorization/needs.ts'

type Asker = Parameters<typeof may>[0]
type DescribedType = typeof ResourceType.TOPIC | typeof ResourceType.GROUP | typeof ResourceType.CLUSTER

const { READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, CLUSTER_ACTION } = AclOperation
const { DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE } = AclOperation

/** What can be done to a resource of each type (`AclEntry.supportedOperations`). */
const OPERATIONS: Readonly<Record<DescribedType, readonly AclOperation[]>> = {
  [ResourceType.TOPIC]: [READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS],
  [ResourceType.GROUP]: [READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS],
  [ResourceType.CLUSTER]: [
    CREATE,
    ALTER,
    DESCRIBE,
    CLUSTER_ACTION,
    DESCRIBE_CONFIGS,
    ALTER_CONFIGS,
    IDEMPOTENT_WRITE,
  ],
}

/** The field's value where the client did not ask. */
export const OPERATIONS_NOT_ASKED_FOR = -2_147_483_648

/** What an `authorizedOperations` field says (KIP-430): a bit, by its code, for each operation the session may do. */
export function authorizedOperations(asker: Asker, resourceType: DescribedType, name: string): number {
  let bits = 0
  for (const operation of OPERATIONS[resourceType]) {
    if (asker.authorize(operation, resourceType, name)) bits |= 1 << operation
  }
  return bits
}

/** The same of the cluster: nothing is told to those who may not describe it. */
export function clusterAuthorizedOperations(asker: Asker): number {
  if (!may(asker, DESCRIBE_CLUSTER)) return 0
  return authorizedOperations(asker, ResourceType.CLUSTER, CLUSTER_NAME)
}
