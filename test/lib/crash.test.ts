// A short one of `npm run test:crash`.
import t from 'tap'
import { crashRounds } from '../crash/rounds.ts'

t.test(
  'a process that is killed again and again loses nothing, and repeats nothing',
  { timeout: 60_000 },
  async (t) => {
    const seed = Date.now() % 1_000_000
    t.comment(`seed ${seed}`)
    t.comment(await crashRounds({ rounds: 4, seed, longestLifeMs: 150 }))
    t.pass('all that was acknowledged is there once')
  },
)
