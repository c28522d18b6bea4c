import { inspect } from 'node:util'
import { brokerConfigKeyOfType } from './configs/broker-configs.ts'
import { type ConfigRecord, ConfigResourceType } from './records.ts'

export const HIDDEN = '[hidden]'

function showAs(value: object, shown: unknown): void {
  Object.defineProperty(value, inspect.custom, { value: () => shown })
  Object.defineProperty(value, 'toJSON', { value: () => shown })
}

/** The same bytes, which neither `util.inspect` nor `JSON.stringify` shows: for what nobody should find in a log. */
export function hidden(bytes: Buffer): Buffer {
  showAs(bytes, HIDDEN)
  return bytes
}

/** The change of a config; what may be a password or a key is not shown. */
export function configRecord(fields: Omit<ConfigRecord, 'type'>): ConfigRecord {
  const record: ConfigRecord = { type: 'ConfigRecord', ...fields }
  const value = shownValue(record)
  if (value !== record.value) showAs(record, { ...record, value })
  return record
}

/** The value as a log may have it. Brokers have configs that hold secrets; one that nobody knows may hold anything. */
export function shownValue({ resourceType, name, value }: ConfigRecord): string | null {
  if (resourceType !== ConfigResourceType.BROKER || value === null) return value
  const declared = brokerConfigKeyOfType(name)
  return declared === undefined || declared.type === 'PASSWORD' ? HIDDEN : value
}
