/** Up to this many bytes a string is cheaper to put together in JavaScript than to fetch from C++. */
const LONGEST_SHORT = 32

type MakeText = (bytes: Uint8Array, start: number) => string | undefined

/**
 * For each length a function that gives `String.fromCharCode` exactly that many bytes, or undefined when one of them is
 * not ASCII: 10 to 40 ns, where a call into C++ takes 70. Spreading would cost more than it saves.
 */
const makers: readonly MakeText[] = Array.from({ length: LONGEST_SHORT + 1 }, (_, length) => {
  const names = Array.from({ length }, (_, i) => `b${i}`)
  const reads = names.map((name, i) => `${name} = bytes[start + ${i}]`)
  const body =
    length === 0
      ? "return ''"
      : `const ${reads.join(', ')}\nif ((${names.join(' | ')}) < 128) return fromCharCode(${names.join(', ')})`
  return new Function('fromCharCode', `return (bytes, start) => { ${body} }`)(String.fromCharCode) as MakeText
})

/** The UTF-8 text of these bytes. */
export function textOf(buffer: Buffer, start: number, end: number): string {
  const length = end - start
  if (length <= LONGEST_SHORT) {
    const text = (makers[length] as MakeText)(buffer, start)
    if (text !== undefined) return text
  }
  return buffer.toString('utf8', start, end)
}
