import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import { recordField, textField, type SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'

/** There is no word for a task that was cancelled: nobody can. `succeed` is its spelling. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'submitted',
  running: 'processing',
  done: 'succeed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'failed',
}

interface Said {
  readonly status: number
  readonly code: number
  /** Absent where the message says which field. */
  readonly message?: string
}

/** How the codes of the service are said here. A 429 is no money, too fast, or too many at once. */
const SAYINGS: Readonly<Record<string, Said>> = {
  invalid_request: { status: 400, code: 1201 },
  invalid_api_key: { status: 401, code: 1002, message: 'Authorization is invalid' },
  insufficient_quota: { status: 429, code: 1102, message: 'Resource pack depleted or expired' },
  permission_denied: { status: 403, code: 1103, message: 'Unauthorized access to the requested resource' },
  not_found: { status: 404, code: 1203, message: 'The requested resource does not exist' },
  model_not_found: { status: 404, code: 1203, message: 'The requested resource does not exist' },
  rate_limit_exceeded: { status: 429, code: 1302, message: 'API request too fast' },
  concurrency_limit_exceeded: { status: 429, code: 1303, message: 'parallel task over resource pack limit' },
  internal_error: { status: 500, code: 5000, message: 'Server internal error' },
  overloaded: { status: 503, code: 5001, message: 'Server temporarily unavailable' },
}

/** Every answer has a `code`; 0 says that all is well. */
export function errorOf(status: number, code: number, message: string): Answer {
  return jsonAnswer(status, { code, message, request_id: 'sim-0' })
}

/** A code of digits is one of its own. */
export function errorAnswer({ status, code, message }: Refusal): Answer {
  const said = SAYINGS[code]
  if (said !== undefined) return errorOf(said.status, said.code, said.message ?? message)
  return errorOf(status, /^\d+$/u.test(code) ? Number(code) : status < 500 ? 1200 : 5000, message)
}

/** The code and its status are documented; that they stand for a task too is assumed. */
export const noSuchTask = (): Answer => errorOf(404, 1203, 'The requested resource does not exist')

export const notReady = (): Answer => errorOf(400, 1201, 'The task has not succeeded')

const success = (data: unknown, { ids }: Verbs, message: string): Answer =>
  jsonAnswer(200, { code: 0, message, request_id: ids.uuid(), data })

/** The texts of a task's ids and times, wherever it is told. */
function headOf(view: TaskView): Readonly<Record<string, unknown>> {
  const { task, word, phase } = view
  const isFailure = phase === 'failed' || phase === 'error' || phase === 'cancelled'
  return {
    task_id: task.id,
    task_status: word ?? WORDS[phase],
    task_status_msg: isFailure ? task.script.failure.message : '',
    task_info: { external_task_id: task.clientToken },
    created_at: task.createdAtMs,
    updated_at: view.finishedAtMs ?? view.startedAtMs ?? task.createdAtMs,
  }
}

function isMarked({ task }: TaskView): boolean {
  return recordField(task.fields, 'watermark_info')['enabled'] === true
}

function videosOf(view: TaskView, verbs: Verbs): readonly object[] {
  const url = verbs.link(view)
  if (url === null) return []
  const seconds = Number(textField(view.task.fields, 'duration') || 5)
  return [
    {
      id: `video-${view.task.id}`,
      url,
      ...(isMarked(view) ? { watermark_url: url } : {}),
      duration: seconds.toFixed(1),
    },
  ]
}

/** A look's task. There is no progress. */
function taskOf(view: TaskView, verbs: Verbs): Readonly<Record<string, unknown>> {
  const head = headOf(view)
  if (view.phase !== 'done') return head
  return {
    ...head,
    watermark_info: { enabled: isMarked(view) },
    final_unit_deduction: '1',
    task_result: { videos: videosOf(view, verbs) },
  }
}

/** What is called back: without an envelope, with every key there. */
export function calledBack(view: TaskView, verbs: Verbs): object {
  return {
    ...headOf(view),
    final_unit_deduction: view.phase === 'done' ? '1' : '0',
    task_result: { images: [], videos: videosOf(view, verbs) },
  }
}

export function created(view: TaskView, verbs: Verbs): Answer {
  const { task_status_msg: _, ...data } = headOf(view)
  return success(data, verbs, 'success')
}

export const polled = (view: TaskView, verbs: Verbs): Answer => success(taskOf(view, verbs), verbs, 'SUCCEED')

const PAGE_MAX = 1_000
const PAGE_SIZE_MAX = 500
const PAGE_SIZE_DEFAULT = 30

function wholeOf(query: URLSearchParams, name: string, otherwise: number, max: number): number | null {
  const value = Number(query.get(name) ?? otherwise)
  return Number.isInteger(value) && value >= 1 && value <= max ? value : null
}

/** The tasks of one path, the newest first (assumed). */
export function list(verbs: Verbs, { path, query }: SimulatorRequest): Answer {
  const number = wholeOf(query, 'pageNum', 1, PAGE_MAX)
  const size = wholeOf(query, 'pageSize', PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX)
  if (number === null) return errorOf(400, 1201, `pageNum must be from 1 to ${PAGE_MAX}`)
  if (size === null) return errorOf(400, 1201, `pageSize must be from 1 to ${PAGE_SIZE_MAX}`)
  const views = verbs.tasks().filter(({ task }) => task.path === path)
  const page = views.toReversed().slice((number - 1) * size, number * size)
  return success(
    page.map((view) => taskOf(view, verbs)),
    verbs,
    'SUCCEED',
  )
}
