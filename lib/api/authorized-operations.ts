/**
 * What the `authorizedOperations` fields say: bits of the operations (by `AclOperation`'s codes) that the session may do
 * on a resource. These are what a broker without an authorizer answers: all that there is for the kind of resource.
 */
export const ALL_OPERATIONS = {
  TOPIC: 3576,
  GROUP: 3400,
  CLUSTER: 8096,
} as const

/** The field's value where the client did not ask. */
export const OPERATIONS_NOT_ASKED_FOR = -2_147_483_648
