/** Who a session acts as. Two principals are the same when type and name are (KIP-189, `KafkaPrincipal`). */
export interface Principal {
  readonly principalType: string
  readonly name: string
  /** Whether a delegation token showed it: whom one let in gets no others. No part of who somebody is. */
  readonly tokenAuthenticated?: boolean
}

/** Whom Kafka takes a connection for that has not said who it is. */
export const ANONYMOUS: Principal = { principalType: 'User', name: 'ANONYMOUS' }

export function principalText(principal: Principal): string {
  return `${principal.principalType}:${principal.name}`
}

/** The reverse of `principalText`: the type is what stands before the first colon. */
export function parsePrincipal(text: string): Principal {
  const colon = text.indexOf(':')
  return { principalType: text.slice(0, colon), name: text.slice(colon + 1) }
}

export function samePrincipal(left: Principal, right: Principal): boolean {
  return left.principalType === right.principalType && left.name === right.name
}
