import { isRecord, recordOf, textOf, type JsonRecord } from '../json.ts'
import { statusOf } from '../video-from-answer.ts'
import { isTerminalStatus, type VideoStatus } from '../wire.ts'
import { parseJsonBytes } from './parse-json-bytes.ts'

/** What an unsigned callback says. Anybody can say it: a hint where to look, never a state. */
export type CallbackClaim = { taskId: string | null; status: VideoStatus | null; videoUrl: string | null }

// Where providers put the task: at the top, or one level down.
const WRAPPERS = ['data', 'output', 'task', 'result', 'payload', 'generation', 'video'] as const
const STATUS_KEYS = ['status', 'task_status', 'state'] as const
const TASK_ID = /^[\x21-\x7e]{1,200}$/

export function readCallback(body: Uint8Array): CallbackClaim {
  const payload = parseJsonBytes(body)
  if (!isRecord(payload)) return { taskId: null, status: null, videoUrl: null }
  const levels = [payload, ...WRAPPERS.map((key) => recordOf(payload[key]))]
  const word = firstText(levels, STATUS_KEYS)
  return {
    // An `id` beside a `task_id` names the event or the request.
    taskId: firstId(levels, ['task_id', 'taskId']) ?? firstId(levels, ['id', 'request_id']),
    status: word === null ? null : statusOf(word),
    videoUrl: urlOf(levels),
  }
}

export const claimsEnd = ({ status }: CallbackClaim): boolean => status !== null && isTerminalStatus(status)

const firstText = (levels: readonly JsonRecord[], keys: readonly string[]): string | null =>
  levels.flatMap((level) => keys.map((key) => textOf(level[key]))).find((text) => text !== null) ?? null

const firstId = (levels: readonly JsonRecord[], keys: readonly string[]): string | null =>
  levels
    .flatMap((level) => keys.map((key) => textOf(level[key])))
    .find((text) => text !== null && TASK_ID.test(text) && !text.startsWith('evt_')) ?? null

function urlOf(levels: readonly JsonRecord[]): string | null {
  const nested = levels.flatMap((level) => {
    const videos = recordOf(level['task_result'])['videos']
    const [first]: unknown[] = Array.isArray(videos) ? videos : []
    return [level['video_url'], level['url'], recordOf(level['content'])['video_url'], recordOf(first)['url']]
  })
  return nested.map(textOf).find((text) => text !== null && /^https?:\/\//i.test(text)) ?? null
}
