import { createDelegationToken } from '../../../../protocol/messages/create-delegation-token.ts'
import { describeDelegationToken } from '../../../../protocol/messages/describe-delegation-token.ts'
import { expireDelegationToken } from '../../../../protocol/messages/expire-delegation-token.ts'
import { renewDelegationToken } from '../../../../protocol/messages/renew-delegation-token.ts'
import type { Script } from '../scripts.ts'

const hmac = Buffer.alloc(64)
const group = { principalType: 'Group', principalName: 'g' }

/** Delegation tokens where there are none; the suite of that name asks where there are. */
export const DELEGATION_TOKENS: readonly Script[] = [
  {
    name: 'delegation tokens without a key',
    listener: 'SASL',
    run: async (client) => {
      await client.plain()
      for (const renewers of [[], [group]]) {
        await client.ask(createDelegationToken, 3, { renewers, maxLifetimeMs: -1 })
      }
      await client.ask(renewDelegationToken, 2, { hmac, renewPeriodMs: -1 })
      await client.ask(expireDelegationToken, 2, { hmac, expiryTimePeriodMs: -1 })
      for (const owners of [null, []]) await client.ask(describeDelegationToken, 3, { owners })
    },
  },
]
