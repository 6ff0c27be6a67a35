import type { GuardedClient, GuardedResponse } from '../net/guarded-fetch.ts'
import { sniffVideo, SNIFF_BYTES } from '../media/sniff.ts'
import { credentialHeaders, type Credentials } from './credentials.ts'
import { OutputGone, OutputUnavailable, type OpenedOutput } from './provider.ts'
import type { UpstreamBody } from './upstream.ts'

/** No video that a provider makes is near this; a link that never ends is. */
const VIDEO_BYTES_MAX = 4 * 1024 * 1024 * 1024

const TOTAL_TIMEOUT_MS = 30 * 60_000
const HEADERS_TIMEOUT_MS = 30_000
const IDLE_TIMEOUT_MS = 30_000
const REDIRECTS_MAX = 3

export type OutputLink = {
  /** Absolute. */
  url: string
  /** The provider's own base: its origin passes the guard, and gets the credentials. Null when nobody knows it. */
  base: string | null
  credentials: Credentials
  /** Sent along, by POST, where the bytes are inside an answer. */
  body?: UpstreamBody
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
    if (error instanceof OutputGone || error instanceof OutputUnavailable) throw error
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
  const response = await requestOutput(guarded, link, signal)
  const bytes = declaredBytes(response)
  return sniffed(response, { refused: refuseStatus(response), video: response.body, bytes })
}

/** What a link answers, whatever that is. @throws OutputUnavailable when nothing does */
export async function requestOutput(
  guarded: GuardedClient,
  link: OutputLink,
  signal: AbortSignal,
): Promise<GuardedResponse> {
  const { url, body } = link
  const own = link.base === null ? null : new URL(link.base)
  const isOwn = own !== null && URL.parse(url)?.origin === own.origin
  const method = body === undefined ? 'GET' : 'POST'
  const plain = { accept: '*/*', ...(body === undefined ? {} : { 'content-type': body.contentType }) }
  try {
    const request = { method, url, headers: plain, body: body?.bytes ?? null, signal }
    const proof = isOwn ? await credentialHeaders(link.credentials, request) : {}
    return await guarded.open({
      url,
      method,
      trust: own === null ? { from: 'provider' } : { from: 'provider', ownOrigin: own },
      headers: { ...plain, ...proof },
      ...(body === undefined ? {} : { body: body.bytes }),
      totalTimeoutMs: TOTAL_TIMEOUT_MS,
      headersTimeoutMs: HEADERS_TIMEOUT_MS,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      redirectsMax: body === undefined ? REDIRECTS_MAX : 0,
      bytesMax: VIDEO_BYTES_MAX,
      signal,
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new OutputUnavailable(`The output could not be opened. ${reason}`, { cause: error })
  }
}

export type FoundVideo = {
  /** Why the answer is none. */
  refused: Error | null
  /** The bytes: the body, or what is inside it. */
  video: AsyncIterable<Uint8Array>
  /** How many they are, if it says. */
  bytes: number | null
}

/** The video of an answer, once it begins like one. @throws OutputGone, OutputUnavailable */
export async function sniffed(
  response: GuardedResponse,
  { refused, video, bytes }: FoundVideo,
): Promise<OpenedOutput> {
  try {
    if (refused !== null) throw refused
    const body = translated(video)
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
