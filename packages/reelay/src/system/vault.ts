import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

/** Keeps secrets out of the database: what it stores of them is of no use without REELAY_SECRET. */
export interface Vault {
  /** @param purpose what the secret belongs to: it opens for the same purpose only */
  seal(secret: string, purpose: string): string
  /** @throws VaultLocked */
  open(sealed: string, purpose: string): string
}

/** None of the gateway's secrets opens it. */
export class VaultLocked extends Error {
  override readonly name = 'VaultLocked'

  constructor() {
    super(
      'a stored secret cannot be opened: REELAY_SECRET is not the one that sealed it. ' +
        'Set REELAY_SECRET_PREVIOUS to the old one, or rotate the secret.',
    )
  }
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION = 'v1.'

/** @param keys of 32 bytes each: the first seals, all open */
export function createVault(keys: readonly Uint8Array[]): Vault {
  const [first] = keys
  if (first === undefined) throw new Error('a vault needs a key')
  return {
    seal: (secret, purpose) => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, first, nonce).setAAD(Buffer.from(purpose))
      const bytes = [nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return VERSION + Buffer.concat(bytes).toString('base64url')
    },
    open: (sealed, purpose) => {
      for (const key of keys) {
        const secret = opened(key, sealed, purpose)
        if (secret !== undefined) return secret
      }
      throw new VaultLocked()
    },
  }
}

function opened(key: Uint8Array, sealed: string, purpose: string): string | undefined {
  const bytes = Buffer.from(sealed.startsWith(VERSION) ? sealed.slice(VERSION.length) : '', 'base64url')
  if (bytes.byteLength < NONCE_BYTES + TAG_BYTES) return undefined
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const tag = bytes.subarray(-TAG_BYTES)
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(purpose))
    .setAuthTag(tag)
  try {
    const text = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]
    return Buffer.concat(text).toString('utf8')
  } catch {
    return undefined
  }
}
