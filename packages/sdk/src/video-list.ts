import { errorFromAnswer, unexpectedAnswer, type Answer } from './answer.ts'
import { ReelayApiError } from './errors.ts'
import { isRecord, textOf } from './json.ts'
import type { Transport } from './transport.ts'
import { videoFromObject, type ReceivedVideo } from './video-from-answer.ts'
import type { VideoPage, VideoStatus } from './wire.ts'

export type ListOptions = {
  /** Videos per page, 1..100; the server's default is 20. */
  limit?: number | undefined
  /** Start behind this id: the `last_id` of the page before. */
  after?: string | undefined
  /** By creation time; `desc` by default. */
  order?: 'asc' | 'desc' | undefined
  status?: VideoStatus | undefined
  model?: string | undefined
  signal?: AbortSignal | undefined
}

export type ReceivedVideoPage = Omit<VideoPage, 'data'> & { data: ReceivedVideo[] }

export async function listVideos(transport: Transport, options: ListOptions): Promise<ReceivedVideoPage> {
  const { signal, limit, after, order, status, model } = options
  const answer = await transport.request({
    method: 'GET',
    path: '/v1/videos',
    query: { limit, after, order, status, model },
    headers: { accept: 'application/json' },
    signal,
  })
  return pageOf(answer)
}

/**
 * Every video of every page. Throws `unexpected_answer` when the server repeats a cursor, instead of going
 * round.
 */
export async function* listAllVideos(
  transport: Transport,
  options: ListOptions,
): AsyncGenerator<ReceivedVideo, void, undefined> {
  const seen = new Set<string>(options.after === undefined ? [] : [options.after])
  let after = options.after
  for (;;) {
    const page = await listVideos(transport, { ...options, after })
    yield* page.data
    const next = page.last_id ?? page.data.at(-1)?.id
    if (!page.has_more || next === undefined) return
    if (seen.has(next)) {
      const message = `The server repeats the page cursor ${next}: its list cannot be read to the end`
      throw new ReelayApiError('unexpected_answer', message, { status: 200 })
    }
    seen.add(next)
    after = next
  }
}

function pageOf(answer: Answer): ReceivedVideoPage {
  const { body } = answer
  const list: unknown = isRecord(body) ? body['data'] : body
  if (!Array.isArray(list)) {
    throw isRecord(body) && body['error'] != null
      ? errorFromAnswer(answer)
      : unexpectedAnswer(answer, 'a list')
  }
  const entries: readonly unknown[] = list
  const data = entries.flatMap((entry) => (isRecord(entry) ? (videoFromObject(entry) ?? []) : []))
  return {
    object: 'list',
    data,
    first_id: (isRecord(body) ? textOf(body['first_id']) : null) ?? data.at(0)?.id ?? null,
    last_id: (isRecord(body) ? textOf(body['last_id']) : null) ?? data.at(-1)?.id ?? null,
    has_more: isRecord(body) && body['has_more'] === true,
  }
}
