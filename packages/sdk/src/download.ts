import { ReelayApiError, ReelayError } from './errors.ts'
import { openFile, type Download } from './open-file.ts'
import { retrieveVideo, videoPath } from './retrieve-video.ts'
import type { Transport } from './transport.ts'

/** Offsets in bytes; `end` is included, and absent means to the end of the file. */
export type ByteRange = { start: number; end?: number | undefined }

export type DownloadOptions = {
  /** `video` by default. */
  variant?: 'video' | 'thumbnail' | 'spritesheet' | undefined
  /**
   * A part of the file. A server that ignores it answers the whole: `response.status` is 206 for a part, else
   * 200.
   */
  range?: ByteRange | undefined
  /** Also stops the transfer while it runs. */
  signal?: AbortSignal | undefined
}

/**
 * The file of a completed video. Where the server has no content route, the link in the task object is read,
 * without the API key.
 * @throws ReelayError `not_ready`, `not_found`, `expired`, `unexpected_answer` (an answer that is no file)
 */
export async function downloadVideo(
  transport: Transport,
  id: string,
  options: DownloadOptions,
): Promise<Download> {
  const { signal } = options
  const headers = fileHeaders(options.range)
  const path = videoPath(id, '/content')
  try {
    return await openFile(transport, {
      method: 'GET',
      path,
      query: { variant: options.variant },
      headers,
      signal,
    })
  } catch (error) {
    const link = await linkInstead(transport, id, options, error)
    if (link === null) throw error
    return openFile(transport, { method: 'GET', path: link, headers, signal })
  }
}

function fileHeaders(range: ByteRange | undefined): Readonly<Record<string, string>> {
  const accept = { accept: 'video/*, image/*, application/octet-stream' }
  if (range === undefined) return accept
  const { start, end } = range
  if (!isOffset(start) || (end !== undefined && (!isOffset(end) || end < start))) {
    const message = `range must be whole bytes with 0 <= start <= end, not ${start}..${end ?? ''}`
    throw new ReelayError('invalid_argument', message, { param: 'range' })
  }
  return { ...accept, range: `bytes=${start}-${end ?? ''}` }
}

const isOffset = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** Statuses by which servers say that they have no content route, or none for this model. */
const NO_ROUTE_STATUSES: readonly number[] = [400, 404, 405, 501]

/** Null when the link in the task object is no way out. A Reelay gateway always has the content route. */
async function linkInstead(
  transport: Transport,
  id: string,
  options: DownloadOptions,
  error: unknown,
): Promise<URL | null> {
  if (!(error instanceof ReelayApiError) || transport.isReelay()) return null
  if ((options.variant ?? 'video') !== 'video') return null
  if (error.code !== 'unexpected_answer' && !NO_ROUTE_STATUSES.includes(error.status ?? 0)) return null
  try {
    const { video } = await retrieveVideo(transport, id, { signal: options.signal })
    return video.video_url === undefined ? null : new URL(video.video_url)
  } catch (cause) {
    if (options.signal?.aborted) throw cause
    // The first error says more about the download than that of the look after it.
    return null
  }
}
