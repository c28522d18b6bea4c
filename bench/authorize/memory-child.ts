// How many bytes the authorizer takes with a population: run with --expose-gc, told `resources acls`.
import { authorizerWith, kafkaPopulation } from './populations.ts'

const [resources, acls] = process.argv.slice(2).map(Number) as [number, number]

function used(): number {
  for (let i = 0; i < 5; i++) (globalThis as unknown as { gc(): void }).gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const before = used()
const authorizer = authorizerWith(kafkaPopulation({ resources, acls, denyPercentage: 0 }))
console.log(used() - before)
if (authorizer.aclCount < resources * acls) throw new Error('there are rules missing')
