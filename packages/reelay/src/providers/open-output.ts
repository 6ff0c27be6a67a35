import type { GuardedClient, GuardedResponse } from '../net/guarded-fetch.ts'
import { sniffVideo, SNIFF_BYTES } from '../media/sniff.ts'
import { OutputGone, OutputUnavailable, type OpenedOutput } from './provider.ts'

/** No video that a provider makes is near this; a link that never ends is. */
const VIDEO_BYTES_MAX = 4 * 1024 * 1024 * 1024

const TOTAL_TIMEOUT_MS = 30 * 60_000
const HEADERS_TIMEOUT_MS = 30_000
const IDLE_TIMEOUT_MS = 30_000
const REDIRECTS_MAX = 3

export type OutputLink = {
  /** Absolute. */
  url: string
  /** The provider's own base: its origin passes the guard, and gets the credentials. */
  base: string
  credentials: Readonly<Record<string, string>>
}

/** What a link answers once it is dead: removed, or signed for a time that has passed. */
const GONE_STATUSES = [403, 404, 410]

function refuseStatus(response: GuardedResponse): Error | null {
  const { status } = response
  if (GONE_STATUSES.includes(status)) return new OutputGone(`The output's link answers HTTP ${status}.`)
  if (status !== 200) return new OutputUnavailable(`The output's link answers HTTP ${status}.`)
  const type = response.headers.get('content-type') ?? ''
  // Providers answer errors with status 200 here: saving one as a video is the trap.
  return /^\s*(text\/|application\/([\w.+-]*\+)?json)/i.test(type)
    ? new OutputUnavailable(`The output's link answers ${type.slice(0, 80)}, not a video.`)
    : null
}

function declaredBytes(response: GuardedResponse): number | null {
  const length = response.headers.get('content-length')
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : null
}

/** Every failure of the body becomes the port's own error, so that a broken download is never taken for a crash. */
async function* translated(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OutputUnavailable(`The download broke off. ${reason}`, { cause: error })
  }
}

async function readHead(body: AsyncIterator<Uint8Array>): Promise<{ head: Buffer; ended: boolean }> {
  const parts: Uint8Array[] = []
  let bytes = 0
  while (bytes < SNIFF_BYTES) {
    const next = await body.next()
    if (next.done === true) return { head: Buffer.concat(parts), ended: true }
    parts.push(next.value)
    bytes += next.value.byteLength
  }
  return { head: Buffer.concat(parts), ended: false }
}

async function* withHead(
  head: Uint8Array,
  rest: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield head
    yield* rest
  } finally {
    await rest.return()
  }
}

/**
 * Opens a link from a provider's answer, through the guard. Its first bytes are looked at, since neither status nor
 * content type can be trusted.
 *
 * @throws OutputGone, OutputUnavailable
 */
export async function openOutput(
  guarded: GuardedClient,
  link: OutputLink,
  signal: AbortSignal,
): Promise<OpenedOutput> {
  const own = new URL(link.base)
  const isOwn = URL.parse(link.url)?.origin === own.origin
  let response: GuardedResponse
  try {
    response = await guarded.open({
      url: link.url,
      trust: { from: 'provider', ownOrigin: own },
      headers: isOwn ? { accept: '*/*', ...link.credentials } : { accept: '*/*' },
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
      headersTimeoutMs: HEADERS_TIMEOUT_MS,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      redirectsMax: REDIRECTS_MAX,
      bytesMax: VIDEO_BYTES_MAX,
      signal,
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OutputUnavailable(`The output could not be opened. ${reason}`, { cause: error })
  }
  return sniffed(response)
}

async function sniffed(response: GuardedResponse): Promise<OpenedOutput> {
  const bytes = declaredBytes(response)
  try {
    const refused = refuseStatus(response)
    if (refused !== null) throw refused
    const body = translated(response.body)
    const { head, ended } = await readHead(body)
    if (sniffVideo(head) === undefined) {
      throw new OutputUnavailable('The output does not begin like an MP4, MOV or WebM file.')
    }
    if (ended && bytes !== null && head.byteLength < bytes) {
      throw new OutputUnavailable(`The output ended after ${head.byteLength} of ${bytes} bytes.`)
    }
    return { body: withHead(head, body), bytes, close: () => response.close() }
  } catch (error) {
    response.close()
    throw error
  }
}
