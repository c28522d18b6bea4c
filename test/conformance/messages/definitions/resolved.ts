/**
 * A message in one version, reduced to what decides its bytes and its values. Kafka's definitions and our declarations
 * are both brought to this form, and then compared.
 */
export interface ResolvedField {
  readonly name: string
  /** `int32`, `struct`, `[]string`, `[]struct`. */
  readonly type: string
  readonly nullable: boolean
  /** The tag where this version tags the field. */
  readonly tag: number | undefined
  /** As text: `-1`, `""`, `null`, `[]`, `{}`. */
  readonly default: string
  /** False where the field keeps its classic encoding in a flexible version. */
  readonly compact: boolean
  readonly fields: readonly ResolvedField[]
}

export interface ResolvedMessage {
  readonly flexible: boolean
  readonly fields: readonly ResolvedField[]
}

export function countFields(fields: readonly ResolvedField[]): number {
  let count = fields.length
  for (const field of fields) count += countFields(field.fields)
  return count
}

/** What differs between two lists of fields, in order; empty when nothing does. */
export function differences(
  expected: readonly ResolvedField[],
  actual: readonly ResolvedField[],
  path = '',
): string[] {
  const names = (fields: readonly ResolvedField[]) => fields.map(({ name }) => name).join(', ')
  if (names(expected) !== names(actual)) {
    return [`${path || 'fields'}: Kafka has (${names(expected)}), declared are (${names(actual)})`]
  }
  return expected.flatMap((field, i) => {
    const other = actual[i] as ResolvedField
    const at = `${path}${field.name}`
    const own = (['type', 'nullable', 'tag', 'default', 'compact'] as const)
      .filter((key) => field[key] !== other[key])
      .map((key) => `${at}: ${key} is ${field[key]} in Kafka, ${other[key]} as declared`)
    return [...own, ...differences(field.fields, other.fields, `${at}.`)]
  })
}
