const TWO_TO_32 = 4_294_967_296
const TWO_TO_63 = 2 ** 63
const INT64_MAX = 2n ** 63n - 1n

/** Rounded to the nearest number beyond 2^53. */
export function readInt64(view: DataView, at: number): number {
  return view.getInt32(at) * TWO_TO_32 + view.getUint32(at + 4)
}

/** A number beyond the range of int64 becomes the nearest end of it (2^63 is how a number holds Long.MAX_VALUE). */
export function writeInt64(view: DataView, at: number, value: number | bigint): void {
  if (typeof value === 'bigint') {
    view.setBigInt64(at, value)
  } else if (value >= TWO_TO_63) {
    view.setBigInt64(at, INT64_MAX)
  } else {
    const high = Math.floor(value / TWO_TO_32)
    view.setInt32(at, high)
    view.setUint32(at + 4, value - high * TWO_TO_32)
  }
}
