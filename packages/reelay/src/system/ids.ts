import { randomBytes } from 'node:crypto'

/** Source of identifiers and secrets, passed in so that tests can fix them. */
export interface Ids {
  /** A sortable public id: `prefix_` + 26 characters (48-bit time, 80 random bits) in lower-case Crockford base 32. */
  id(prefix: string, nowMs: number): string
  /** `bytes` random bytes as base64url: tokens and secrets. */
  secret(bytes: number): string
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

const TIME_CHARACTERS = 10

/** 48 bits of time as 10 characters, the most significant first, so that text order is time order. */
function timeText(nowMs: number): string {
  let rest = nowMs
  let text = ''
  for (let index = 0; index < TIME_CHARACTERS; index += 1) {
    text = ALPHABET.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}

const RANDOM_CHARACTERS = 16
/** Asking the kernel for a few bytes costs as much as for a few thousand: identifiers share one request. */
const POOL_BYTES = 4_096

let pool = Buffer.alloc(0)
let poolUsed = 0

/** 16 characters of 5 random bits each. */
function randomText(): string {
  if (poolUsed + RANDOM_CHARACTERS > pool.byteLength) {
    pool = randomBytes(POOL_BYTES)
    poolUsed = 0
  }
  let text = ''
  for (let index = 0; index < RANDOM_CHARACTERS; index += 1) {
    text += ALPHABET.charAt((pool[poolUsed + index] ?? 0) & 31)
  }
  poolUsed += RANDOM_CHARACTERS
  return text
}

export const systemIds: Ids = {
  id: (prefix, nowMs) => `${prefix}_${timeText(nowMs)}${randomText()}`,
  secret: (bytes) => randomBytes(bytes).toString('base64url'),
}

/** A number in [0, 1), passed in wherever jitter or exploration is wanted. */
export type Random = () => number
