import { inspect } from 'node:util'
import { brokerConfigKeyOfType } from './configs/broker-configs.ts'
import { type ConfigRecord, ConfigResourceType } from './records.ts'

export const HIDDEN = '[hidden]'

/** No `toJSON` beside it: what packs records for a disk would take its word for the bytes. */
function showAs(value: object, shown: unknown): void {
  Object.defineProperty(value, inspect.custom, { value: () => shown, configurable: true })
}

/** The same bytes, which `util.inspect` does not show: for what nobody should find in a log. */
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
