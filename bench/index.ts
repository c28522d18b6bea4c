import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { machine } from './harness.ts'

/**
 * `npm run bench NAME...`: runs the benches of these names, or says which there are. Each is a file here that exports
 * `bench()`; it prints its own tables and yields the lines of what it lost.
 */
interface Bench {
  bench(): Promise<string[]>
}

const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.js') && file !== 'index.js' && file !== 'harness.js')
  .map((file) => file.slice(0, -'.js'.length))
  .sort()

const names = process.argv.slice(2)
const unknown = names.filter((name) => !existsSync(join(import.meta.dirname, `${name}.js`)))
if (names.length === 0 || unknown.length > 0) {
  console.error(`usage: npm run bench NAME...; there are: ${known.join(', ')}`)
  process.exit(2)
}

console.log(machine())
let losses = 0
for (const name of names) {
  const { bench } = (await import(join(import.meta.dirname, `${name}.js`))) as Bench
  const lost = await bench()
  for (const line of lost) console.log(`LOST  ${line}`)
  losses += lost.length
}
console.log(losses === 0 ? 'no losses' : `${losses} losses`)
