/** `npm run test:crash -- [rounds] [seed]`: kills josephk 200 times, or as often as told, while clients write. */
import { crashRounds } from './rounds.ts'

const rounds = Number(process.argv[2] ?? 200)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000)
const begin = performance.now()
console.log(`${rounds} kills, seed ${seed}`)
try {
  const told = await crashRounds({
    rounds,
    seed,
    longestLifeMs: 300,
    onRound: (round) => round % 20 === 0 && console.log(`killed ${round} times`),
  })
  console.log(`acknowledged and there: ${told} (${((performance.now() - begin) / 1000).toFixed(1)} s)`)
  console.log('1 passed, 0 failed')
} catch (error) {
  console.log(error)
  console.log('0 passed, 1 failed')
  process.exitCode = 1
}
