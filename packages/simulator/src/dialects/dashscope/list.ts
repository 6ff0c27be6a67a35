import { jsonAnswer, type Answer } from '../../answer.ts'
import type { SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { errorOf, isForgotten, wordOf } from './answers.ts'

const PAGE_SIZE_MAX = 100
const PAGE_SIZE_DEFAULT = 10

/** `20260101000000`, in China's time (assumed). Null where it is no time. */
function timeOf(text: string): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/u.exec(text)
  if (parts === null) return null
  const [, year, month, day, hours, minutes, seconds] = parts
  const time = Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}+08:00`)
  return Number.isNaN(time) ? null : time
}

interface Filter {
  readonly id: string | null
  readonly model: string | null
  readonly status: string | null
  readonly fromMs: number
  readonly toMs: number
}

/** What is asked for; the name of a parameter that cannot be read. */
function filterOf(query: URLSearchParams): Filter | string {
  const start = query.get('start_time')
  const end = query.get('end_time')
  const fromMs = start === null ? 0 : timeOf(start)
  const toMs = end === null ? Number.POSITIVE_INFINITY : timeOf(end)
  if (fromMs === null) return 'start_time'
  if (toMs === null) return 'end_time'
  const named = { id: query.get('task_id'), model: query.get('model_name'), status: query.get('status') }
  return { ...named, fromMs, toMs }
}

function isWanted(view: TaskView, { id, model, status, fromMs, toMs }: Filter): boolean {
  const { task } = view
  if (id !== null && task.id !== id) return false
  if (model !== null && task.model !== model) return false
  if (status !== null && wordOf(view) !== status) return false
  return task.createdAtMs >= fromMs && task.createdAtMs <= toMs && !isForgotten(view)
}

/** It tells how a task stands, and nothing of its result. */
function itemOf(view: TaskView): object {
  const { task } = view
  return {
    api_key_id: '1',
    caller_parent_id: '1',
    caller_uid: '1',
    gmt_create: task.createdAtMs,
    start_time: view.startedAtMs,
    end_time: view.finishedAtMs,
    model_name: task.model,
    region: 'cn-beijing',
    request_id: 'sim-0',
    status: wordOf(view),
    task_id: task.id,
    user_api_unique_key: `apikey:v1:aigc:video-generation:video-synthesis:${task.model}`,
  }
}

function wholeOf(query: URLSearchParams, name: string, otherwise: number): number | null {
  const value = Number(query.get(name) ?? otherwise)
  return Number.isInteger(value) && value >= 1 ? value : null
}

/** The newest first (assumed). */
export function list(verbs: Verbs, { query }: SimulatorRequest): Answer {
  const number = wholeOf(query, 'page_no', 1)
  const size = wholeOf(query, 'page_size', PAGE_SIZE_DEFAULT)
  const filter = filterOf(query)
  const bad = typeof filter === 'string' ? filter : number === null ? 'page_no' : null
  if (number === null || size === null || size > PAGE_SIZE_MAX || typeof filter === 'string')
    return errorOf(400, 'InvalidParameter', `The parameter ${bad ?? 'page_size'} is not valid.`)
  const wanted = verbs.tasks().filter((view) => isWanted(view, filter))
  const page = wanted.toReversed().slice((number - 1) * size, number * size)
  return jsonAnswer(200, {
    request_id: verbs.ids.uuid(),
    data: page.map(itemOf),
    page_no: number,
    page_size: size,
    total: wanted.length,
    total_page: Math.ceil(wanted.length / size),
  })
}
