import { S3Client } from '@aws-sdk/client-s3'
import { faultOf, isNotImplemented } from './s3-fault.ts'
import type { S3Location } from './storage-location.ts'

/** Keys as settings give them; null: where the SDK looks by itself, such as a role of the machine. */
export type S3Credentials = Readonly<{
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}> | null

const ATTEMPTS_MAX = 5
const RETRY_BASE_MS = 200
const RETRY_MS_MAX = 5_000
const CONNECT_MS_MAX = 5_000
/** For the answer to a request, which carries a part at most. */
const ANSWER_MS_MAX = 120_000
/** Nothing moves on a connection. A player that pauses longer gets a fresh one when it goes on. */
const IDLE_MS_MAX = 60_000
/** Downloads of clients, parts and questions together; more wait for their turn. */
const CONNECTIONS_MAX = 256

export type S3ClientOptions = {
  location: S3Location
  credentials: S3Credentials
  random: () => number
  /** The first pause before a request is repeated. */
  retryBaseMs?: number
}

type RetryToken = { getRetryCount(): number; getRetryDelay(): number }

/** Repeats what may pass by itself, a few times, with pauses that double and vary. */
class BoundedRetries {
  readonly mode = 'bounded'
  readonly #random: () => number
  readonly #baseMs: number

  constructor(random: () => number, baseMs: number) {
    this.#random = random
    this.#baseMs = baseMs
  }

  acquireInitialRetryToken(): Promise<RetryToken> {
    return Promise.resolve({ getRetryCount: () => 0, getRetryDelay: () => 0 })
  }

  async refreshRetryTokenForRetry(
    token: RetryToken,
    { errorType, error }: { errorType: string; error?: unknown },
  ): Promise<RetryToken> {
    const count = token.getRetryCount() + 1
    const isFinal = errorType === 'CLIENT_ERROR' || isNotImplemented(faultOf(error))
    if (isFinal || count >= ATTEMPTS_MAX) throw new Error('not repeated')
    const pauseMs = Math.min(RETRY_MS_MAX, this.#baseMs * 2 ** count) * (0.5 + this.#random() / 2)
    return { getRetryCount: () => count, getRetryDelay: () => pauseMs }
  }

  recordSuccess(): void {}
}

/** A client of one storage. Checksums only where the protocol wants them, so that servers other than AWS understand it. */
export function createS3Client({
  location,
  credentials,
  random,
  retryBaseMs = RETRY_BASE_MS,
}: S3ClientOptions): S3Client {
  const agent = { keepAlive: true, maxSockets: CONNECTIONS_MAX }
  return new S3Client({
    region: location.region,
    ...(location.endpoint === null ? {} : { endpoint: location.endpoint }),
    ...(credentials === null ? {} : { credentials }),
    forcePathStyle: location.usesPathStyle,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: ATTEMPTS_MAX,
    retryStrategy: new BoundedRetries(random, retryBaseMs),
    requestHandler: {
      connectionTimeout: CONNECT_MS_MAX,
      requestTimeout: ANSWER_MS_MAX,
      throwOnRequestTimeout: true,
      socketTimeout: IDLE_MS_MAX,
      // Asking for it would only bring a warning on the console.
      socketAcquisitionWarningTimeout: ANSWER_MS_MAX,
      httpAgent: agent,
      httpsAgent: agent,
    },
  })
}
