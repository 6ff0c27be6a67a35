import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Phase } from '../../phase.ts'
import { textField } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { codeOf, invalidParams, SUCCESS } from './minimax-error.ts'

const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'Queueing',
  running: 'Processing',
  done: 'Success',
  failed: 'Fail',
  error: 'Fail',
  cancelled: 'Fail',
}

/** Between a job's number and that of its file: real ones differ as well, though by no rule. */
const FILE_OFFSET = 166_052_010n

const fileIdOf = (taskId: string): string => String(BigInt(taskId) + FILE_OFFSET)

/** The job of a file; empty where the number is none. */
export function taskIdOf(fileId: string): string {
  return /^\d{1,20}$/u.test(fileId) ? String(BigInt(fileId) - FILE_OFFSET) : ''
}

const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  '512P': [912, 512],
  '720P': [1280, 720],
  '768P': [1366, 768],
  '1080P': [1920, 1080],
}

export function created({ task }: TaskView): Answer {
  return jsonAnswer(200, { task_id: task.id, base_resp: SUCCESS })
}

function wordOf({ phase, word, task }: TaskView): string {
  // It is prepared before it queues: the first look at a job that waits finds it so.
  if (word === null && phase === 'queued' && task.polls <= 1) return 'Preparing'
  return word ?? WORDS[phase]
}

/** A job that failed says why where other answers say that all is well. */
function baseResp({ phase, task }: TaskView): object {
  if (phase !== 'failed' && phase !== 'error' && phase !== 'cancelled') return SUCCESS
  const { code, message } = task.script.failure
  return { status_code: codeOf(code), status_msg: message }
}

function fileFields(view: TaskView, verbs: Verbs): object {
  if (verbs.link(view) === null) return { file_id: '' }
  const [width, height] = SIZES[textField(view.task.fields, 'resolution')] ?? [1366, 768]
  return { file_id: fileIdOf(view.task.id), video_width: width, video_height: height }
}

/** What a look says, and a callback too. */
export function statusFields(view: TaskView, verbs: Verbs): object {
  const about = { task_id: view.task.id, status: wordOf(view) }
  return { ...about, ...fileFields(view, verbs), base_resp: baseResp(view) }
}

export function status(view: TaskView, verbs: Verbs): Answer {
  return jsonAnswer(200, statusFields(view, verbs))
}

export const noSuchFile = (path: string): Answer => invalidParams('file does not exist', path)

/** The link behind a file's number, which is a number here: more than a JavaScript number holds. */
export function file(view: TaskView, verbs: Verbs): Answer {
  const url = verbs.link(view)
  if (url === null) return noSuchFile('/v1/')
  const { bytes, kind } = verbs.clip(view)
  const about = {
    bytes: bytes.length,
    created_at: Math.floor((view.finishedAtMs ?? view.nowMs) / 1000),
    filename: `output.${kind}`,
    purpose: 'video_generation',
    download_url: url,
  }
  const rest = JSON.stringify(about).slice(1)
  const text = `{"file":{"file_id":${fileIdOf(view.task.id)},${rest},"base_resp":${JSON.stringify(SUCCESS)}}`
  return { ...jsonAnswer(200, null), body: Buffer.from(text) }
}
