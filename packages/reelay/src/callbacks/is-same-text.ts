import { timingSafeEqual } from 'node:crypto'

/** Whether a signature is the one that was worked out here. How long it takes tells nothing of where they differ. */
export function isSameText(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)]
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}
