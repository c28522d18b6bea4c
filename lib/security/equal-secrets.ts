import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Makes digests of equal length of what is compared, so that the comparison's time says nothing of either. */
const KEY = randomBytes(32)

/** Whether two secrets are the same, in a time that tells nothing about them. */
export function equalSecrets(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right))
}

function digest(text: string): Buffer {
  return createHmac('sha256', KEY).update(text).digest()
}
