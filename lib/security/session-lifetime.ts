/** How long a session may be used, and what its client is told. */
export interface SessionLifetime {
  /** Milliseconds, told to clients that can hear it; 0 says that there is no end, or that it is here already. */
  readonly lifetimeMs: number
  /** Whether requests after that are refused. */
  readonly isEnforced: boolean
}

/** Kafka counts in 64 bits of nanoseconds; what is longer than these milliseconds would overflow there and is cut here. */
const LONGEST_MS = 9_200_000_000_000

/**
 * The lifetime of a session at the completion of an authentication (KIP-368, `ReauthInfo`; KAFKA-13848 for credentials that
 * expire where no limit is set).
 *
 * @param maxReauthMs `connections.max.reauth.ms`; 0 or less sets no limit
 * @param now wall clock, milliseconds, as is `credentialExpiresAt`
 */
export function sessionLifetime(
  maxReauthMs: number,
  credentialExpiresAt: number | undefined,
  now: number,
): SessionLifetime {
  const limit = maxReauthMs > 0 ? Math.min(maxReauthMs, LONGEST_MS) : undefined
  if (credentialExpiresAt === undefined) return { lifetimeMs: limit ?? 0, isEnforced: limit !== undefined }
  const left = Math.min(credentialExpiresAt - now, limit ?? LONGEST_MS)
  return { lifetimeMs: Math.max(0, left), isEnforced: true }
}
