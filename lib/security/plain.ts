import { equalSecrets } from './equal-secrets.ts'
import { jaasOptions } from './jaas-config.ts'
import { type Mechanism, NOTHING, type Step } from './mechanism.ts'

/** More parts than these are not counted (`PlainSaslServer.extractTokens`). */
const MOST_PARTS = 4

const LOGIN_MODULE = 'org.apache.kafka.common.security.plain.PlainLoginModule'
const USER_PREFIX = 'user_'

/**
 * Finds the passwords that a listener's `sasl.jaas.config` says its users have (`user_alice="..."`, `PlainServerCallbackHandler`).
 * @throws ListenerConfigError
 */
export function jaasPasswords(jaasConfig: string): (user: string) => string | undefined {
  const options = jaasOptions(jaasConfig, LOGIN_MODULE)
  return (user) => options.get(USER_PREFIX + user)
}

/** PLAIN (RFC 4616) as Kafka's `PlainSaslServer` speaks it: every refusal says why. */
export function plain(passwordOf: (user: string) => string | undefined): Mechanism {
  return () => ({ evaluate: (token) => evaluate(token, passwordOf) })
}

function evaluate(token: Buffer, passwordOf: (user: string) => string | undefined): Step {
  const parts = split(token.toString('utf8'))
  const [authorizationId, username, password] = parts
  if (
    parts.length !== 3 ||
    authorizationId === undefined ||
    username === undefined ||
    password === undefined
  ) {
    return refused(`Invalid SASL/PLAIN response: expected 3 tokens, got ${parts.length}`)
  }
  if (username === '') return refused('Authentication failed: username not specified')
  if (password === '') return refused('Authentication failed: password not specified')
  const expected = passwordOf(username)
  // Compared even where there is no such user, so that both take the same time.
  const isRight = equalSecrets(password, expected ?? '')
  if (expected === undefined || !isRight)
    return refused('Authentication failed: Invalid username or password')
  if (authorizationId !== '' && authorizationId !== username) {
    return refused(
      'Authentication failed: Client requested an authorization id that is different from username',
    )
  }
  return { kind: 'done', token: NOTHING, principal: { principalType: 'User', name: username } }
}

function refused(message: string): Step {
  return { kind: 'refused', message }
}

function split(text: string): string[] {
  return text.split('\0', MOST_PARTS)
}
