import { checkPrimeSync, createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'

/** A key pair with the id and the public key that a key set tells. */
export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicJwk: Readonly<Record<string, unknown>>
}

/** What callbacks are signed with. The same seed gives the same secrets. */
export interface Secrets {
  /** `whsec_` and 32 bytes as base64: Standard Webhooks. Also a plain HMAC secret for others. */
  readonly hmac: string
  readonly ed25519: SigningKey
  /** Made when first asked for: that takes a moment. */
  readonly rsa: SigningKey
  /** Those that were in use before. */
  readonly previous: Omit<Secrets, 'previous'>
}

function derived(seed: number, name: string, bytes: number): Buffer {
  const blocks: Buffer[] = []
  for (let have = 0; have < bytes; have += 32) {
    blocks.push(createHash('sha256').update(`reelay-simulator:${seed}:${name}:${have}`).digest())
  }
  return Buffer.concat(blocks).subarray(0, bytes)
}

function signingKey(privateKey: KeyObject, kid: string, alg: string): SigningKey {
  const publicJwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg, use: 'sig' }
  return { kid, privateKey, publicJwk }
}

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const ED25519_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

function ed25519Key(seed: number, name: string): SigningKey {
  const key = Buffer.concat([ED25519_HEAD, derived(seed, name, 32)])
  return signingKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' }), `sim-${name}-${seed}`, 'EdDSA')
}

const PRIME_BYTES = 128
const CANDIDATES_MAX = 20_000
const EXPONENT = 65_537n

/** The first prime of 1,024 bits after the seed's number that RSA can use. */
function primeOf(seed: number, name: string): bigint {
  const bytes = derived(seed, name, PRIME_BYTES)
  bytes[0] = (bytes[0] ?? 0) | 0xc0
  let candidate = BigInt(`0x${bytes.toString('hex')}`) | 1n
  for (let tried = 0; tried < CANDIDATES_MAX; tried += 1) {
    if ((candidate - 1n) % EXPONENT !== 0n && checkPrimeSync(candidate)) return candidate
    candidate += 2n
  }
  throw new Error(`No prime was found for the seed ${seed}: use another one.`)
}

/** The inverse of `value` modulo `modulus`, by Euclid. */
function inverseOf(value: bigint, modulus: bigint): bigint {
  let [low, high, a, b] = [value % modulus, modulus, 1n, 0n]
  while (low > 1n) {
    const quotient = high / low
    ;[high, low] = [low, high % low]
    ;[b, a] = [a, b - quotient * a]
  }
  return ((a % modulus) + modulus) % modulus
}

function base64urlOf(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

function rsaKey(seed: number, name: string): SigningKey {
  const p = primeOf(seed, `${name}-p`)
  const q = primeOf(seed, `${name}-q`)
  const d = inverseOf(EXPONENT, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e: EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverseOf(q, p) }
  const parts = Object.entries(numbers).map(([part, value]) => [part, base64urlOf(value)])
  const key = { kty: 'RSA', ...Object.fromEntries(parts) }
  return signingKey(createPrivateKey({ key, format: 'jwk' }), `sim-${name}-${seed}`, 'RS256')
}

function setOf(seed: number, suffix: string): Omit<Secrets, 'previous'> {
  let rsa: SigningKey | undefined
  return {
    hmac: `whsec_${derived(seed, `hmac${suffix}`, 32).toString('base64')}`,
    ed25519: ed25519Key(seed, `ed25519${suffix}`),
    get rsa() {
      rsa ??= rsaKey(seed, `rsa${suffix}`)
      return rsa
    },
  }
}

export function secretsOf(seed: number): Secrets {
  const now = setOf(seed, '')
  const previous = setOf(seed, '-previous')
  return {
    hmac: now.hmac,
    ed25519: now.ed25519,
    get rsa() {
      return now.rsa
    },
    previous,
  }
}

/** Secrets that nobody was told: what a forger has. */
export function strangerSecrets(seed: number): Secrets {
  return secretsOf(seed ^ 0x5eed)
}

/** What somebody who verifies callbacks needs: the shared secret and the public keys. */
export interface PublicSecrets {
  readonly hmac: string
  readonly hmacPrevious: string
  readonly ed25519: SigningKey['publicJwk']
  readonly rsa: SigningKey['publicJwk']
}

export function publicSecrets({ hmac, previous, ed25519, rsa }: Secrets): PublicSecrets {
  return { hmac, hmacPrevious: previous.hmac, ed25519: ed25519.publicJwk, rsa: rsa.publicJwk }
}
