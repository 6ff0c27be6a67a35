import { errorFromAnswer, unexpectedAnswer, type Answer } from './answer.ts'
import { isRecord, numberOf, recordOf, textOf, textsOf, type JsonRecord } from './json.ts'
import { isTerminalStatus, VIDEO_STATUSES } from './wire.ts'
import type { ReelayDetails, Video, VideoError, VideoErrorType, VideoStatus } from './wire.ts'

/**
 * A video as the client hands it out. `raw` is the server's own object, untranslated; it is not enumerable,
 * so that printing or storing the video shows each fact once.
 */
export type ReceivedVideo = Video & { readonly raw: JsonRecord }

const STATUS_WORDS: Readonly<Record<VideoStatus, string>> = {
  queued:
    'queued pending submitted not_start notstarted created starting preparing in_queue throttled unknown',
  in_progress: 'in_progress processing running generating dreaming',
  completed: 'completed complete success succeeded succeed finished done',
  failed: 'failed failure fail cancelled canceled expired nsfw deleted',
  error: 'error',
}

const STATUS_OF_WORD: ReadonlyMap<string, VideoStatus> = new Map(
  VIDEO_STATUSES.flatMap((status) =>
    STATUS_WORDS[status].split(' ').map((word): [string, VideoStatus] => [word, status]),
  ),
)

/**
 * The wire status that a server's word means. No word means that nothing began; a word nobody knows means
 * that work goes on, never that it failed.
 */
export function statusOf(word: unknown): VideoStatus {
  const text =
    typeof word === 'string'
      ? word
          .trim()
          .toLowerCase()
          .replaceAll(/[\s-]+/g, '_')
      : ''
  return text === '' ? 'queued' : (STATUS_OF_WORD.get(text) ?? 'in_progress')
}

/** True for a body that describes a task, whatever the HTTP status says. */
export const isTaskBody = (body: unknown): boolean =>
  isRecord(body) && body['object'] === 'video' && idOf(body) !== null && textOf(body['status']) !== null

/**
 * Reads a task object in any of the dialects that servers of this API speak.
 * @throws ReelayApiError when the answer is an error in disguise or no task object
 */
export function videoFromAnswer(answer: Answer): ReceivedVideo {
  if (!isRecord(answer.body)) throw unexpectedAnswer(answer, 'a task object')
  const video = videoFromObject(answer.body)
  if (video !== null) return video
  const isError = answer.body['error'] != null || answer.body['message'] != null
  throw isError ? errorFromAnswer(answer) : unexpectedAnswer(answer, 'a task object')
}

/** Null when the object names no task. */
export function videoFromObject(raw: JsonRecord): ReceivedVideo | null {
  const task = unwrap(raw)
  const id = idOf(task)
  if (id === null) return null
  const status = statusOf(task['status'])
  const ended = isTerminalStatus(status)
  const video: Video = {
    id,
    task_id: id,
    object: 'video',
    model: textOf(task['model']) ?? textOf(inner(task)['model']) ?? '',
    status,
    progress: progressOf(task['progress'], status),
    created_at: secondsOf(task['created_at'] ?? task['submit_time']) ?? 0,
    completed_at: ended ? secondsOf(task['completed_at'] ?? task['finish_time']) : null,
    expires_at: secondsOf(task['expires_at']),
    prompt: textOf(task['prompt']),
    size: textOf(task['size']),
    seconds: textOf(task['seconds']),
    remixed_from_video_id: textOf(task['remixed_from_video_id']),
    error: errorOf(task, status),
  }
  const url = status === 'completed' ? urlOf(task) : null
  if (url !== null) video.video_url = url
  if (isRecord(task['metadata'])) video.metadata = { ...task['metadata'] }
  if (isRecord(task['reelay'])) video.reelay = detailsOf(task['reelay'])
  return Object.defineProperty({ ...video, raw }, 'raw', { enumerable: false })
}

// {code: "success", data: {task_id, status, …}}: the task is one level down, and in old answers the
// provider's own object is another level below it.
function unwrap(raw: JsonRecord): JsonRecord {
  const data = raw['data']
  return isRecord(data) && ownIdOf(raw) === null && idOf(data) !== null ? data : raw
}

const inner = (task: JsonRecord): JsonRecord => recordOf(task['data'])

const ownIdOf = (task: JsonRecord): string | null => textOf(task['id']) ?? textOf(task['task_id'])

// A request id names the task where it is all there is; beside an error it names only the request.
function idOf(task: JsonRecord): string | null {
  const isError = ['error', 'code', 'message'].some((key) => task[key] !== undefined && task[key] !== null)
  return ownIdOf(task) ?? (isError ? null : textOf(task['request_id']))
}

function progressOf(value: unknown, status: VideoStatus): number {
  if (status === 'completed') return 100
  const percent = numberOf(typeof value === 'string' ? value.replace('%', '') : value) ?? 0
  return Math.min(Math.max(Math.floor(percent), 0), 99)
}

// Servers send seconds, milliseconds, or a date as text.
function secondsOf(value: unknown): number | null {
  const number = numberOf(value)
  if (number !== null) return number <= 0 ? null : Math.floor(number > 1e12 ? number / 1000 : number)
  const atMs = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(atMs) ? null : Math.floor(atMs / 1000)
}

function urlOf(task: JsonRecord): string | null {
  const provider = inner(task)
  const sources = [
    task['video_url'],
    task['url'],
    recordOf(task['video'])['url'],
    recordOf(task['result'])['video_url'],
    provider['video_url'],
    provider['url'],
    recordOf(provider['video'])['url'],
    // On success the wrapper's fail_reason holds the link.
    task['fail_reason'],
  ]
  return sources.map(textOf).find((text) => text !== null && /^https?:\/\//i.test(text)) ?? null
}

function errorOf(task: JsonRecord, status: VideoStatus): VideoError | null {
  if (status !== 'failed' && status !== 'error') return null
  const value = task['error']
  const source: JsonRecord = isRecord(value) ? value : {}
  const message = textOf(source['message']) ?? textOf(value) ?? textOf(task['fail_reason'])
  return {
    code: textOf(source['code']) ?? (status === 'error' ? 'error' : 'failed'),
    message: message ?? 'The server gives no reason',
    type: errorTypeOf(source['type'], status),
    param: textOf(source['param']),
  }
}

function errorTypeOf(value: unknown, status: VideoStatus): VideoErrorType {
  if (value === 'provider_error' || value === 'gateway_error' || value === 'invalid_request_error')
    return value
  return status === 'error' ? 'gateway_error' : 'provider_error'
}

function detailsOf(value: JsonRecord): ReelayDetails {
  return { ...value, provider: textOf(value['provider']), warnings: textsOf(value['warnings']) }
}
