import { randomBytes } from 'node:crypto'

/** Source of identifiers and secrets, passed in so that tests can fix them. */
export interface Ids {
  /** A sortable public id: `prefix_` + 26 characters (48-bit time, 80 random bits) in lower-case Crockford base 32. */
  id(prefix: string, nowMs: number): string
  /** `bytes` random bytes as base64url: tokens and secrets. */
  secret(bytes: number): string
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

function encode(value: bigint, length: number): string {
  let rest = value
  let text = ''
  for (let index = 0; index < length; index += 1) {
    text = ALPHABET.charAt(Number(rest & 31n)) + text
    rest >>= 5n
  }
  return text
}

export const systemIds: Ids = {
  id: (prefix, nowMs) => {
    const random = BigInt(`0x${randomBytes(10).toString('hex')}`)
    return `${prefix}_${encode(BigInt(nowMs), 10)}${encode(random, 16)}`
  },
  secret: (bytes) => randomBytes(bytes).toString('base64url'),
}

/** A number in [0, 1), passed in wherever jitter or exploration is wanted. */
export type Random = () => number
