/** The items whose key no other has, in order, and the keys that several have, each once. */
export function once<T>(items: readonly T[], key: (item: T) => string): { single: T[]; repeated: string[] } {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  const single = items.filter((item) => counts.get(key(item)) === 1)
  const repeated = [...counts].filter(([, count]) => count > 1).map(([name]) => name)
  return { single, repeated }
}
