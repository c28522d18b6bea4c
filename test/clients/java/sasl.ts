import { ok } from 'node:assert/strict'
import type { Job } from '../client.ts'
import { saslJobs } from '../logins.ts'

/** What the client says, at level debug, when it has logged in or authenticated again. */
const AUTHENTICATED = /session expiration in (\d+) ms and session re-authentication on or after (\d+) ms/
const AUTHENTICATOR = 'org.apache.kafka.common.security.authenticator.SaslClientAuthenticator'

/** Java's client by SASL; in its log stands when it means to authenticate again: after 85 to 95 % of the session (KIP-368). */
export function javaSasl(command: (folder: string, ...flags: string[]) => readonly string[]): Job[] {
  return saslJobs({
    name: 'java',
    command: (folder, tokenUrl) =>
      command(
        folder,
        `-Dorg.slf4j.simpleLogger.log.${AUTHENTICATOR}=debug`,
        // A JVM asks nobody for tokens without being allowed to.
        `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${tokenUrl}`,
      ),
    flows: [
      { mechanism: 'SCRAM-SHA-256', tls: false },
      { mechanism: 'OAUTHBEARER', tls: true },
    ],
    checkFlowLog(lines) {
      const parts = lines.flatMap((line) => {
        const [, lifetime, after] = AUTHENTICATED.exec(line) ?? []
        return lifetime === undefined ? [] : [Number(after) / Number(lifetime)]
      })
      ok(parts.length > 40, `it authenticated ${parts.length} times`)
      // Kafka counts in whole milliseconds.
      for (const part of parts) ok(part >= 0.849 && part <= 0.951, `again after ${part} of the session`)
      ok(Math.max(...parts) - Math.min(...parts) > 0.03, 'not always after the same part')
    },
  })
}
