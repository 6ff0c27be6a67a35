import { randomBytes, randomUUID } from 'node:crypto'

/** Source of identifiers, passed in so that tests can fix them. */
export interface Ids {
  /** `bytes` random bytes as lower-case hexadecimal. */
  hex(bytes: number): string
  uuid(): string
  /** A decimal number of exactly so many digits, as text: 18 of them are more than a JavaScript number holds. */
  digits(count: number): string
}

function digitsOf(count: number): string {
  const text = BigInt(`0x${randomBytes(count).toString('hex')}`).toString()
  // The first digit is never 0, so that the length is the same for those who read a number.
  return `${1 + ((randomBytes(1)[0] ?? 0) % 9)}${text.padStart(count, '0').slice(1 - count)}`.slice(0, count)
}

export const systemIds: Ids = {
  hex: (bytes) => randomBytes(bytes).toString('hex'),
  uuid: () => randomUUID(),
  digits: digitsOf,
}
