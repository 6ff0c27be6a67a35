import type { Output, ProviderFailure, Verdict } from '../task/verdict.ts'
import { firstTextOf, isRecord, numberOf, recordOf, textOf, type JsonRecord } from '../system/json.ts'
import {
  isInputFault,
  isModeration,
  readProviderError,
  sentenceOf,
  type ProviderError,
} from './provider-error.ts'
import { meaningOfStatus, type StatusMeaning } from './status-words.ts'
import type { UpstreamAnswer } from './upstream.ts'

/** An output without a link of its own: the bytes are at the job's `/content`. */
export const CONTENT_REF = 'content'

/** Above this, a time is in milliseconds: as seconds it would be beyond the year 33000. */
const SECONDS_MAX = 1e12

/**
 * A job as OpenAI-shaped servers describe it: the object itself, or a wrapper of it (`{code, data: {task_id, …}}`) in
 * which the link may stand in `fail_reason`.
 */
export type VideoObject = { ids: readonly string[]; isVideo: boolean; job: JsonRecord; inner: JsonRecord }

/** Null when the body names no job. */
function readVideoObject(json: unknown): VideoObject | null {
  if (!isRecord(json)) return null
  const wrapped = isRecord(json['data']) ? json['data'] : null
  const job = wrapped !== null && textOf(json['id']) === null ? { ...json, ...wrapped } : json
  const ids = [json['id'], json['task_id'], wrapped?.['task_id'], wrapped?.['id'], json['request_id']]
    .map(textOf)
    .filter((id) => id !== null)
  if (ids.length === 0) return null
  return { ids, isVideo: json['object'] === 'video', job, inner: recordOf(wrapped?.['data']) }
}

/** Whether the answer is the provider's own word on the job `id`: then it counts whatever the HTTP status. */
export function videoIn(answer: UpstreamAnswer, id: string): VideoObject | null {
  const video = readVideoObject(answer.json)
  if (video === null || !video.ids.includes(id)) return null
  return answer.status < 300 || video.isVideo ? video : null
}

/** Whole percent from `45`, `45.2`, `"45"` or `"45%"`, kept in 0..99; undefined when it is not told. */
function progressOf(value: unknown): { progress?: number } {
  const percent = numberOf(typeof value === 'string' ? value.replace(/\s*%\s*$/, '') : value)
  return percent === null ? {} : { progress: Math.min(99, Math.max(0, Math.floor(percent))) }
}

/** Epoch milliseconds from seconds or milliseconds; null for zero and for what is no time. */
function timeMs(value: unknown): number | null {
  const time = numberOf(value)
  if (time === null || time <= 0) return null
  return Math.round(time > SECONDS_MAX ? time : time * 1_000)
}

function finishedAt({ job }: VideoObject): { finishedAtMs?: number } {
  const finishedAtMs = timeMs(job['completed_at']) ?? timeMs(job['finish_time'])
  return finishedAtMs === null ? {} : { finishedAtMs }
}

function expiresAt({ job }: VideoObject): { expiresAtMs?: number } {
  const expiresAtMs = timeMs(job['expires_at'])
  return expiresAtMs === null ? {} : { expiresAtMs }
}

/** The link as an absolute URL; a path is one at the provider itself. */
function linkOf({ job, inner }: VideoObject, base: string): string | null {
  const link = firstTextOf(
    job['video_url'],
    job['url'],
    job['result_url'],
    recordOf(job['metadata'])['url'],
    recordOf(job['video'])['url'],
    inner['video_url'],
    recordOf(inner['video'])['url'],
    job['fail_reason'],
  )
  if (link === null || !/^(https?:\/\/|\/)/i.test(link.trim())) return null
  return URL.parse(link.trim(), `${base}/`)?.href ?? null
}

function errorOf({ job, inner }: VideoObject): ProviderError {
  const error = readProviderError({ error: job['error'] }) ?? readProviderError({ error: inner['error'] })
  const text = firstTextOf(job['fail_reason'], job['failure_reason'], job['message'])
  return error ?? { code: null, message: text ?? 'The provider gave no reason.' }
}

function failed(video: VideoObject, code: ProviderFailure | null): Verdict {
  const error = errorOf(video)
  const read = isModeration(error)
    ? 'moderation_blocked'
    : isInputFault(error)
      ? 'invalid_input'
      : 'provider_failed'
  return { kind: 'failed', code: code ?? read, detail: sentenceOf(error), ...finishedAt(video) }
}

/** What ends a job without a video, where the word itself says why; null where the error has to. */
const FAILURES: Readonly<
  Record<Exclude<StatusMeaning, 'waiting' | 'running' | 'done'>, ProviderFailure | null>
> = {
  failed: null,
  cancelled: 'provider_cancelled',
  expired: 'provider_expired',
  moderated: 'moderation_blocked',
}

/** @param base of the provider, for links that are paths. */
export function verdictOf(video: VideoObject, base: string): Verdict {
  const status = video.job['status'] ?? ''
  const meaning = typeof status === 'string' ? meaningOfStatus(status) : null
  if (meaning === null)
    return { kind: 'unrecognised', status: (textOf(status) ?? typeof status).slice(0, 80) }
  if (meaning === 'waiting' || meaning === 'running') {
    return { kind: meaning, ...progressOf(video.job['progress']) }
  }
  if (meaning !== 'done') return failed(video, FAILURES[meaning])
  const outputs: Output[] = [{ role: 'video', ref: linkOf(video, base) ?? CONTENT_REF }]
  return { kind: 'done', outputs, ...expiresAt(video), ...finishedAt(video) }
}
