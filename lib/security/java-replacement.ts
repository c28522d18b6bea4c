const PIECE = /\\(.)|\$(?:(\d+)|\{([a-zA-Z][a-zA-Z0-9]*)\})|[^\\$]+/gsy

/**
 * A replacement as Java's `Matcher.replaceAll` reads it: `$1`, `${name}`, `\$`.
 *
 * @param missing what stands for the digits of a group that the pattern does not have
 * @returns the text for a match, given the arguments of a replacer of `String.replace`
 * @throws Error for a `$` or `\` that stands for nothing
 */
export function javaReplacement(
  replacement: string,
  missing: (digits: string) => string,
): (match: readonly unknown[]) => string {
  const pieces = [...replacement.matchAll(PIECE)]
  if (pieces.reduce((length, [piece]) => length + piece.length, 0) !== replacement.length) {
    throw new Error(`Invalid replacement: \`${replacement}\`: expected a group after each $`)
  }
  return (match) => {
    const last = match.at(-1)
    const named = (typeof last === 'object' ? last : {}) as Record<string, string | undefined>
    // After the groups come the offset, the whole name, and the named groups where there are any.
    const groups = match.slice(0, typeof last === 'object' ? -3 : -2) as (string | undefined)[]
    return pieces
      .map(([piece, literal, digits, name]) => {
        if (literal !== undefined) return literal
        if (name !== undefined) return named[name] ?? ''
        return digits === undefined ? piece : (group(digits, groups) ?? missing(digits))
      })
      .join('')
  }
}

/** As many of the digits as name a group; the others are text. */
function group(digits: string, groups: readonly (string | undefined)[]): string | undefined {
  for (let length = digits.length; length > 0; length--) {
    const number = Number(digits.slice(0, length))
    if (number < groups.length) return `${groups[number] ?? ''}${digits.slice(length)}`
  }
  return undefined
}
