/** Who a session acts as. Two principals are the same when type and name are (KIP-189, `KafkaPrincipal`). */
export interface Principal {
  readonly principalType: string
  readonly name: string
}

/** Whom Kafka takes a connection for that has not said who it is. */
export const ANONYMOUS: Principal = { principalType: 'User', name: 'ANONYMOUS' }

export function principalText(principal: Principal): string {
  return `${principal.principalType}:${principal.name}`
}

export function samePrincipal(left: Principal, right: Principal): boolean {
  return left.principalType === right.principalType && left.name === right.name
}
