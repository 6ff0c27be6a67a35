import { bytesOfBase64 } from './base64.ts'
import { headerOf, type WebhookHeaders } from './header-of.ts'
import { parseSecrets } from './webhook-secrets.ts'
import { WebhookVerificationError } from './webhook-verification-error.ts'
import { ReelayError } from '../errors.ts'

export type WebhookRequest = {
  /** As it arrived: bytes before any parser, or text that was decoded from them as UTF-8. */
  body: Uint8Array | string
  headers: WebhookHeaders
}

export type VerifyOptions = {
  /** How far the sender's clock may be off, both ways, in seconds: 0..86400, 300 by default. */
  toleranceSeconds?: number | undefined
  /** Milliseconds since the epoch; the platform's clock by default. */
  nowMs?: number | undefined
}

export type VerifiedWebhook = {
  /** `webhook-id`: the same for every repetition of one event. */
  id: string
  /** When this attempt was sent, unix seconds. */
  timestampSeconds: number
  /** What the signature covers. */
  body: Uint8Array
}

const TOLERANCE_SECONDS_DEFAULT = 300
const TOLERANCE_SECONDS_MAX = 86_400
const SIGNATURE_HEADER_CHARACTERS_MAX = 2048
const SIGNATURES_MAX = 8
/** 32 bytes, padded: one spelling for each signature. */
const SIGNATURE = /^v1,[A-Za-z0-9+/]{43}=$/
// No dot: the signed content separates its three parts with dots.
const ID = /^[\x21-\x2d\x2f-\x7e]{1,256}$/

/**
 * Checks a request against Standard Webhooks 1.0.0 (symmetric, `v1`) and resolves with the bytes that were
 * signed. Nothing is parsed. Any of the secrets and any of the signatures may match; `v1a` is skipped.
 * @throws WebhookVerificationError
 * @throws ReelayError `invalid_argument` for options that would switch the check off
 */
export async function verifySignature(
  request: WebhookRequest,
  secrets: string | readonly string[],
  options: VerifyOptions = {},
): Promise<VerifiedWebhook> {
  const keys = parseSecrets(secrets)
  const toleranceSeconds = parseTolerance(options.toleranceSeconds)
  const body = bytesOf(request.body)
  const id = required(request.headers, 'webhook-id')
  const timestamp = required(request.headers, 'webhook-timestamp')
  const signatureHeader = required(request.headers, 'webhook-signature')
  if (!ID.test(id)) {
    throw new WebhookVerificationError(
      'invalid_id',
      'The header webhook-id must be 1 to 256 visible ASCII characters without a dot',
    )
  }
  const timestampSeconds = checkTimestamp(timestamp, toleranceSeconds, options.nowMs ?? Date.now())
  const signatures = signaturesOf(signatureHeader)
  const content = signedContent(id, timestamp, body)
  for (const key of keys) {
    if (await matchesAny(key, signatures, content)) return { id, timestampSeconds, body }
  }
  throw new WebhookVerificationError(
    'no_matching_signature',
    'No signature of the request matches: check that the secret is the one of this endpoint, and that the body is passed as it arrived, before any parser',
  )
}

/** @throws ReelayError `invalid_argument` */
export function parseTolerance(seconds: number = TOLERANCE_SECONDS_DEFAULT): number {
  // NaN would make every comparison false, so that any timestamp passed.
  if (seconds >= 0 && seconds <= TOLERANCE_SECONDS_MAX) return seconds
  throw new ReelayError(
    'invalid_argument',
    `toleranceSeconds must be a number from 0 to ${TOLERANCE_SECONDS_MAX}`,
    { param: 'toleranceSeconds' },
  )
}

function bytesOf(body: unknown): Uint8Array {
  if (typeof body === 'string') return new TextEncoder().encode(body)
  if (body instanceof Uint8Array) return body
  throw new WebhookVerificationError(
    'invalid_body',
    'The body must be bytes or text as it arrived, not a parsed object: read it before any JSON parser',
  )
}

function required(headers: WebhookHeaders, name: string): string {
  const value = headerOf(headers, name)
  if (value !== null && value !== '') return value
  throw new WebhookVerificationError(
    'missing_header',
    `The header ${name} is missing: the request was not signed, or a proxy removed it`,
  )
}

function checkTimestamp(text: string, toleranceSeconds: number, nowMs: number): number {
  if (!/^\d{1,12}$/.test(text)) {
    throw new WebhookVerificationError(
      'invalid_timestamp',
      'The header webhook-timestamp must be unix seconds in digits',
    )
  }
  const seconds = Number(text)
  const ageSeconds = Math.floor(nowMs / 1000) - seconds
  if (!Number.isFinite(ageSeconds)) throw new ReelayError('invalid_argument', 'nowMs must be a number')
  if (ageSeconds > toleranceSeconds) {
    throw new WebhookVerificationError(
      'timestamp_too_old',
      `The request was signed ${ageSeconds} s ago, over the ${toleranceSeconds} s allowed: it is a replay, or a clock is wrong`,
    )
  }
  if (-ageSeconds > toleranceSeconds) {
    throw new WebhookVerificationError(
      'timestamp_too_new',
      `The request was signed ${-ageSeconds} s in the future, over the ${toleranceSeconds} s allowed: set the clocks`,
    )
  }
  return seconds
}

function signaturesOf(header: string): Uint8Array<ArrayBuffer>[] {
  const entries = header.length > SIGNATURE_HEADER_CHARACTERS_MAX ? null : header.split(/ +/)
  if (entries === null || entries.length > SIGNATURES_MAX) {
    throw new WebhookVerificationError(
      'invalid_signature_header',
      `The header webhook-signature is over ${SIGNATURE_HEADER_CHARACTERS_MAX} characters or ${SIGNATURES_MAX} signatures: retire old secrets at the sender`,
    )
  }
  return entries
    .filter((entry) => SIGNATURE.test(entry))
    .map((entry) => bytesOfBase64(entry.slice('v1,'.length)))
    .filter((bytes) => bytes !== null)
}

function signedContent(id: string, timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const prefix = new TextEncoder().encode(`${id}.${timestamp}.`)
  const content = new Uint8Array(prefix.length + body.length)
  content.set(prefix)
  content.set(body, prefix.length)
  return content
}

async function matchesAny(
  key: Uint8Array<ArrayBuffer>,
  signatures: readonly Uint8Array<ArrayBuffer>[],
  content: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['verify'])
  for (const signature of signatures) {
    // Compares in constant time.
    if (await crypto.subtle.verify('HMAC', imported, signature, content)) return true
  }
  return false
}
