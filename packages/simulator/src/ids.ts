import { randomBytes, randomInt, randomUUID } from 'node:crypto'

/** Source of identifiers, passed in so that tests can fix them. */
export interface Ids {
  /** `bytes` random bytes as lower-case hexadecimal. */
  hex(bytes: number): string
  uuid(): string
  /**
   * A decimal number of exactly so many digits, as text. It is odd, and odd numbers above 2^53 are none that
   * JavaScript holds: from 17 digits on, a client that reads it as a number has another one, every time.
   */
  digits(count: number): string
}

function digitsOf(count: number): string {
  // The first digit is never 0, so that the length is the same for those who read a number.
  const middle = Array.from({ length: count - 2 }, () => randomInt(10))
  return [randomInt(1, 10), ...middle, randomInt(5) * 2 + 1].join('')
}

export const systemIds: Ids = {
  hex: (bytes) => randomBytes(bytes).toString('hex'),
  uuid: () => randomUUID(),
  digits: digitsOf,
}
