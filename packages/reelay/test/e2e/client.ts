import assert from 'node:assert/strict'
import type { Video } from '@reelay/sdk'
import { z } from 'zod'

/** Where to send requests, and the key for them. */
export type Target = { readonly url: string; readonly key: string }

/** An answer, read to its end. `json` is undefined when the bytes are none. */
export type Answer = { status: number; headers: Headers; json: unknown; bytes: Buffer }

export const TERMINAL: ReadonlySet<string> = new Set(['completed', 'failed', 'error'])

const LOOKS_MAX = 40
const WAIT_SECONDS = 10

/** One request. A key of null sends none. */
export async function ask(
  target: Target,
  path: string,
  options: {
    key?: string | null
    method?: string
    body?: RequestInit['body']
    headers?: Record<string, string>
  } = {},
): Promise<Answer> {
  const headers = new Headers(options.headers)
  const key = options.key === undefined ? target.key : options.key
  if (key !== null) headers.set('authorization', `Bearer ${key}`)
  const address = /^https?:/.test(path) ? path : `${target.url}${path}`
  const { method = 'GET', body = null } = options
  const response = await fetch(address, { method, headers, body })
  const bytes = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: response.headers, json: parsed(bytes), bytes }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The parts of the video object that every answer has; the rest is kept as it came. */
const videoSchema: z.ZodType<Pick<Video, 'id' | 'status' | 'progress'>> = z.looseObject({
  id: z.string(),
  status: z.enum(['queued', 'in_progress', 'completed', 'failed', 'error']),
  progress: z.int(),
})

/** The video object of a successful answer. */
export function videoOf(answer: Answer): Video {
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  videoSchema.parse(answer.json)
  return answer.json as Video
}

export const retrieve = async (target: Target, id: string): Promise<Video> =>
  videoOf(await ask(target, `/v1/videos/${id}`))

export async function create(target: Target, fields: Readonly<Record<string, string>>): Promise<Video> {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  return videoOf(await ask(target, '/v1/videos', { method: 'POST', body }))
}

/** Every different object that a client sees which looks again until the end; the last one is the end. */
export async function follow(target: Target, id: string): Promise<Video[]> {
  const seen: Video[] = []
  let etag = ''
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const headers = { prefer: `wait=${WAIT_SECONDS}`, 'if-none-match': etag }
    const answer = await ask(target, `/v1/videos/${id}`, { headers })
    if (answer.status === 304) continue
    etag = answer.headers.get('etag') ?? ''
    const video = videoOf(answer)
    seen.push(video)
    if (TERMINAL.has(video.status)) return seen
  }
  throw new Error(`${id} did not end within ${LOOKS_MAX} looks`)
}

export async function untilEnded(target: Target, id: string): Promise<Video> {
  return (await follow(target, id)).at(-1) ?? assert.fail(`${id} was never seen`)
}

/** Holds retrieves until the video satisfies a condition. */
export async function untilVideo(
  target: Target,
  id: string,
  condition: (video: Video) => boolean,
): Promise<Video> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const now = await retrieve(target, id)
    if (condition(now)) return now
    const later = videoOf(
      await ask(target, `/v1/videos/${id}`, { headers: { prefer: `wait=${WAIT_SECONDS}` } }),
    )
    if (condition(later)) return later
    if (TERMINAL.has(later.status)) break
  }
  throw new Error(`${id} never came to what was waited for`)
}
