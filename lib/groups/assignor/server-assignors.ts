import type { Assignor } from './assignor.ts'
import { assignRanges } from './range.ts'
import { assignUniformly } from './uniform.ts'

interface ServerAssignor {
  readonly name: string
  readonly assign: Assignor
}

const UNIFORM: ServerAssignor = { name: 'uniform', assign: assignUniformly }
const RANGE: ServerAssignor = { name: 'range', assign: assignRanges }

/** By the names that `group.consumer.assignors` may hold; the classes are Kafka's, as older versions spelt them. */
const BY_CONFIGURED_NAME: Readonly<Record<string, ServerAssignor>> = {
  uniform: UNIFORM,
  range: RANGE,
  'org.apache.kafka.coordinator.group.assignor.UniformAssignor': UNIFORM,
  'org.apache.kafka.coordinator.group.assignor.RangeAssignor': RANGE,
}

/** The assignors that a broker has, the default one first. Classes of the user's own cannot be had here: left out. */
export function serverAssignors(configured: readonly string[]): readonly ServerAssignor[] {
  return configured.flatMap((name) => BY_CONFIGURED_NAME[name] ?? [])
}
