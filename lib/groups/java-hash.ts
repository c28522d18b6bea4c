/** `String.hashCode` of Java: by it Kafka finds the partition of a group, and orders what it keeps in hash maps. */
export function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/** Where a `HashMap` of up to twelve entries keeps the key: the order in which Java walks a small map. */
export function smallHashMapBucket(key: string): number {
  const hash = javaHash(key)
  return (hash ^ (hash >>> 16)) & 15
}
