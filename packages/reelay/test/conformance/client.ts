import OpenAI from 'openai'
import OpenAI6 from 'openai-6'
import type { ErrorEnvelope, Video } from '@reelay/sdk'
import type { Gateway } from './start-gateway.ts'

/** A plain answer, read to its end. */
export type Answer = {
  status: number
  headers: Headers
  body: Record<string, unknown>
  bytes: Uint8Array
}

export type CallOptions = {
  key?: string | null
  body?: RequestInit['body']
  headers?: Record<string, string>
}

/** Anything but a body object is sent as it is; the key is the gateway's own unless it is null. */
export async function call(
  gateway: Gateway,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const headers = new Headers(options.headers)
  const key = options.key === undefined ? gateway.key : options.key
  if (key !== null) headers.set('authorization', `Bearer ${key}`)
  const target = path.startsWith('http') ? path : `${gateway.url}${path}`
  const response = await fetch(target, { method, headers, body: options.body ?? null })
  const bytes = new Uint8Array(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, body: parsed(bytes), bytes }
}

export const postJson = (
  gateway: Gateway,
  fields: object,
  headers: Record<string, string> = {},
  key?: string,
): Promise<Answer> =>
  call(gateway, 'POST', '/v1/videos', {
    body: JSON.stringify(fields),
    headers: { 'content-type': 'application/json', ...headers },
    ...(key === undefined ? {} : { key }),
  })

function parsed(bytes: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
  } catch {
    return {}
  }
}

export const errorOf = (answer: Answer): ErrorEnvelope['error'] => (answer.body as ErrorEnvelope).error

export const videoOf = (answer: Answer): Video => answer.body as Video

/** What a client sent, one entry for each try. */
export type Tries = { method: string; path: string }[]

/** Each try gets a request id of its own, so that a test can find its connection. */
function countingFetch(tries: Tries): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('x-request-id', crypto.randomUUID())
    const url = new URL(input instanceof Request ? input.url : input)
    // The client asks its fetch with a data URL whether it can send forms.
    if (url.protocol === 'http:') tries.push({ method: init?.method ?? 'GET', path: url.pathname })
    return fetch(input, { ...init, headers })
  }
}

export function openai(gateway: Gateway, tries: Tries = []): OpenAI {
  return new OpenAI({ apiKey: gateway.key, baseURL: `${gateway.url}/v1`, fetch: countingFetch(tries) })
}

export function openai6(gateway: Gateway, tries: Tries = []): OpenAI6 {
  return new OpenAI6({ apiKey: gateway.key, baseURL: `${gateway.url}/v1`, fetch: countingFetch(tries) })
}

/** Holds retrieves until the video has ended, as a client that waits does. */
export async function untilEnded(gateway: Gateway, id: string): Promise<Video> {
  for (let looks = 0; looks < 50; looks += 1) {
    const video = videoOf(await call(gateway, 'GET', `/v1/videos/${id}`, { headers: { prefer: 'wait=5' } }))
    if (['completed', 'failed', 'error'].includes(video.status)) return video
  }
  throw new Error(`${id} did not end`)
}
