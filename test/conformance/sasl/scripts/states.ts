import { FRAMES, type FrameName, STATES } from '../../../helpers/security/sasl-frames.ts'
import type { Script } from '../scripts.ts'

/** Each kind of frame in each state of a connection. */
export const FRAMES_IN_STATES: readonly Script[] = Object.entries(STATES).flatMap(
  ([state, { isOpen, after, outcomes }]) =>
    Object.entries(outcomes).map(([name, outcome]): Script => {
      return {
        name: `${state}: ${name}`,
        listener: isOpen ? 'OPEN' : 'SASL',
        run: async (client) => {
          for (const frame of after.map((each) => FRAMES[each])) {
            client.bytes(frame.bytes)
            await client.answer(frame.api, frame.version)
          }
          const { bytes, api, version } = FRAMES[name as FrameName]
          client.bytes(bytes)
          // What Metadata says of brokers is theirs.
          const isAnswered = /^\d/.test(String(outcome)) && name !== 'Metadata'
          if (isAnswered) await client.answer(api, version)
          if (typeof outcome !== 'number' || !isAnswered) await client.end()
        },
      }
    }),
)
