/** Kafka's words for the codes of a table, without those that stand in filters only. */
export type Word<C> = Exclude<keyof C & string, 'ANY' | 'MATCH'>

/** @param code one of the table's */
export function wordFor<C extends Readonly<Record<string, number>>>(codes: C, code: number): Word<C> {
  return Object.keys(codes).find((word) => codes[word] === code) as Word<C>
}
