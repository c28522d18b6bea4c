import { alterUserScramCredentials } from '../../../../protocol/messages/alter-user-scram-credentials.ts'
import { describeUserScramCredentials } from '../../../../protocol/messages/describe-user-scram-credentials.ts'
import type { Script } from '../scripts.ts'

const salt = Buffer.from('salt')
const saltedPassword = Buffer.alloc(32, 1)
const upsertion = { mechanism: 1, iterations: 4096, salt, saltedPassword }

/** The APIs of KIP-554; one user's change per request where the order of results would be anybody's. */
export const CREDENTIALS: readonly Script[] = [
  {
    name: 'AlterUserScramCredentials, DescribeUserScramCredentials',
    listener: 'OPEN',
    run: async (client) => {
      const alter = async (deletions: readonly object[], upsertions: readonly object[]) => {
        await client.ask(alterUserScramCredentials, 0, { deletions, upsertions } as never)
        // Until what the controller has decided has come to the broker.
        await client.pause(100)
      }
      const describe = (...names: string[]) =>
        client.ask(describeUserScramCredentials, 0, { users: names.map((name) => ({ name })) })
      await alter([], [{ name: '', ...upsertion }])
      await alter([], [{ name: 'eve', ...upsertion, mechanism: 3 }])
      await alter([], [{ name: '', ...upsertion, mechanism: 3 }])
      await alter([], [{ name: 'eve', ...upsertion, iterations: 4095 }])
      await alter([], [{ name: 'eve', ...upsertion, iterations: 16_385 }])
      await alter([{ name: 'eve', mechanism: 1 }], [])
      await alter([{ name: 'eve', mechanism: 0 }], [])
      await alter([{ name: '', mechanism: 1 }], [])
      await describe('eve')
      await alter([], [{ name: 'eve', ...upsertion }])
      await describe('eve')
      await alter([], [{ name: 'eve', ...upsertion, mechanism: 2, iterations: 16_384 }])
      await describe('eve')
      await describe('eve', 'eve')
      await alter([{ name: 'eve', mechanism: 1 }], [{ name: 'eve', ...upsertion, mechanism: 2 }])
      await alter(
        [
          { name: 'eve', mechanism: 1 },
          { name: 'eve', mechanism: 2 },
        ],
        [],
      )
      await alter(
        [
          { name: 'eve', mechanism: 7 },
          { name: 'eve', mechanism: 2 },
        ],
        [],
      )
      await alter(
        [],
        [
          { name: 'eve', ...upsertion },
          { name: 'eve', ...upsertion },
          { name: 'eve', ...upsertion },
        ],
      )
      await alter([{ name: 'eve', mechanism: 2 }], [])
      await describe('eve')
      await alter([{ name: 'eve', mechanism: 1 }], [])
      await describe('eve')
      await describe('')
      await alter([], [])
    },
  },
]
