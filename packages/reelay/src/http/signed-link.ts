import { createHmac, timingSafeEqual } from 'node:crypto'
import { ApiError } from './api-error.ts'

/** What a link opens. The signature covers all of it, so a link to one thing never opens another. */
export type LinkSubject = { kind: 'content'; id: string; variant: string } | { kind: 'input'; id: string }

export type LinkKeys = readonly Uint8Array[]

function signatureOf(key: Uint8Array, subject: LinkSubject, expiresAtSeconds: number): Buffer {
  const variant = subject.kind === 'content' ? subject.variant : ''
  return createHmac('sha256', key)
    .update(['reelay-link-1', subject.kind, subject.id, variant, String(expiresAtSeconds)].join('\n'))
    .digest()
}

/** The query string, without the question mark, that opens `subject` until `expiresAtMs`. */
export function signLink(keys: LinkKeys, subject: LinkSubject, expiresAtMs: number): string {
  const [key] = keys
  if (key === undefined) throw new Error('there is no key to sign links with')
  const expiresAtSeconds = Math.floor(expiresAtMs / 1000)
  const variant =
    subject.kind === 'content' && subject.variant !== 'video' ? `variant=${subject.variant}&` : ''
  return `${variant}exp=${expiresAtSeconds}&sig=${signatureOf(key, subject, expiresAtSeconds).toString('base64url')}`
}

export type LinkCheck = { subject: LinkSubject; exp: string | null; sig: string | null; nowMs: number }

/**
 * Lets a link through that one of the keys signed and that has not expired.
 * @throws ApiError `invalid_signature`
 */
export function verifyLink(keys: LinkKeys, { subject, exp, sig, nowMs }: LinkCheck): void {
  const isWellFormed = exp !== null && sig !== null && /^\d{1,12}$/.test(exp) && /^[\w-]{43}$/.test(sig)
  if (!isWellFormed) throw refusal('This link is not complete. Copy it as it was given, with exp and sig.')
  const given = Buffer.from(sig, 'base64url')
  // Every key is tried, so that the time does not tell which one signed.
  const matches = keys.map((key) => timingSafeEqual(signatureOf(key, subject, Number(exp)), given))
  if (!matches.includes(true)) throw refusal('The signature of this link is wrong. Copy it as it was given.')
  if (nowMs >= Number(exp) * 1000)
    throw refusal('This link has expired. Retrieve the video again for a fresh one.')
}

const refusal = (message: string): ApiError =>
  new ApiError('invalid_signature', message, { headers: { 'www-authenticate': 'Bearer realm="reelay"' } })
