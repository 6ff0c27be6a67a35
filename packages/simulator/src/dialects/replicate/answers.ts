import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import { isTerminal, type Phase } from '../../phase.ts'
import { listField, recordField, textField, type SimulatorRequest } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { versionOf } from './models.ts'

/** `aborted`: it never began in time. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'starting',
  running: 'processing',
  done: 'succeeded',
  failed: 'failed',
  error: 'aborted',
  cancelled: 'canceled',
}

/** Input, output and log are removed so long after the end. */
export const DATA_LIFE_MS = 3_600_000

const SAYINGS: Readonly<Record<string, { status: number; title?: string; detail: string }>> = {
  invalid_api_key: {
    status: 401,
    title: 'Unauthenticated',
    detail: 'You did not pass a valid authentication token',
  },
  insufficient_quota: {
    status: 402,
    title: 'Insufficient credit',
    detail: 'You have insufficient credit to run this model.',
  },
  rate_limit_exceeded: { status: 429, detail: 'Request was throttled. Your rate limit resets in ~30s.' },
  not_found: { status: 404, detail: 'The requested resource could not be found.' },
  model_not_found: { status: 404, detail: 'The requested resource could not be found.' },
}

/** A title, where there is one, and a text. */
export function errorAnswer({ status, code, message }: Refusal): Answer {
  const said = SAYINGS[code] ?? { status, detail: message }
  return jsonAnswer(said.status, { ...said })
}

export const noSuchThing = (): Answer =>
  errorAnswer({ status: 404, code: 'not_found', message: 'The requested resource could not be found.' })

export const notReady = (): Answer =>
  jsonAnswer(400, { title: 'Not ready', detail: 'The prediction has not succeeded.', status: 400 })

const isoTime = (ms: number): string => new Date(ms).toISOString()

/** Where the model is not known by its name, one is made up (assumed: its answers always name it). */
function nameOf({ path, model, fields, script }: Task): { model: string; version: string } {
  const version = versionOf(textField(fields, 'version'))
  if (path.includes('/predictions') && version !== null)
    return { model: script.model ?? version.model ?? 'simulated/model', version: version.hash }
  return { model: script.model ?? model, version: 'hidden' }
}

/** There is no progress but in the log, in the form of Python's progress bars. */
function logsOf({ phase, progress, share }: TaskView): string {
  if (phase === 'queued' || progress === null) return ''
  const own = phase === 'running' ? Math.round((share ?? 0.5) * 100) : 100
  const percent = progress === undefined ? own : Number.parseInt(String(progress), 10)
  const bar = '█'.repeat(Math.ceil(percent / 10)).padEnd(10)
  return `${String(percent).padStart(3)}%|${bar}| ${percent}/100 [00:10<00:10]\n`
}

function errorOf({ phase, task: { script } }: TaskView): string | null {
  if (phase !== 'failed') return null
  const { message, code } = script.failure
  return code === null ? message : `${message} (${code})`
}

/** It is up to the model. Assumed: those that it runs itself give one link, those run by version a list. */
function outputOf(view: TaskView, verbs: Verbs): string | readonly string[] | null {
  const link = verbs.link(view)
  if (link === null) return null
  return textField(view.task.fields, 'version') === '' ? link : [link]
}

function timesOf(view: TaskView, verbs: Verbs): object {
  const { task, startedAtMs, phase } = view
  if (startedAtMs === null) return { created_at: isoTime(task.createdAtMs) }
  const began = { created_at: isoTime(task.createdAtMs), started_at: isoTime(startedAtMs) }
  if (!isTerminal(phase)) return began
  const endedAtMs = view.finishedAtMs ?? verbs.nowMs
  return {
    ...began,
    completed_at: isoTime(endedAtMs),
    metrics: {
      predict_time: Math.max(0, endedAtMs - startedAtMs) / 1000,
      total_time: (endedAtMs - task.createdAtMs) / 1000,
    },
  }
}

/** The same at each look and in each callback. */
export function predictionOf(view: TaskView, verbs: Verbs): object {
  const { task, phase, word, finishedAtMs } = view
  const isRemoved = isTerminal(phase) && finishedAtMs !== null && verbs.nowMs - finishedAtMs >= DATA_LIFE_MS
  const url = `${verbs.origin}/v1/predictions/${encodeURIComponent(task.id)}`
  const data = isRemoved
    ? { input: {}, output: null, logs: '' }
    : { input: recordField(task.fields, 'input'), output: outputOf(view, verbs), logs: logsOf(view) }
  const webhook = textField(task.fields, 'webhook')
  const filter = listField(task.fields, 'webhook_events_filter')
  return {
    id: task.id,
    ...nameOf(task),
    ...data,
    data_removed: isRemoved,
    error: errorOf(view),
    source: 'api',
    status: word ?? WORDS[phase],
    ...timesOf(view, verbs),
    ...(webhook === '' ? {} : { webhook }),
    ...(filter.length === 0 ? {} : { webhook_events_filter: filter }),
    urls: { get: url, cancel: `${url}/cancel`, web: `https://replicate.com/p/${task.id}` },
  }
}

export function created(view: TaskView, verbs: Verbs): Answer {
  return jsonAnswer(201, predictionOf(view, verbs))
}

export function prediction(view: TaskView, verbs: Verbs): Answer {
  return jsonAnswer(200, predictionOf(view, verbs))
}

/** The prediction as it is now; what had ended stays as it ended. */
export function cancelled(view: TaskView, effect: string, verbs: Verbs): Answer {
  return prediction(effect === 'cancels' ? { ...view, phase: 'cancelled', word: null } : view, verbs)
}

const PAGE_MAX = 100

/** The newest first. The cursor is the id of the last one before the page. */
export function list(verbs: Verbs, { query }: SimulatorRequest): Answer {
  const views = verbs.tasks().toReversed()
  const cursor = query.get('cursor')
  const from = cursor === null ? 0 : views.findIndex(({ task }) => task.id === cursor) + 1
  const page = views.slice(from, from + PAGE_MAX)
  const last = page.at(-1)
  const hasMore = last !== undefined && from + PAGE_MAX < views.length
  const next = hasMore ? `${verbs.origin}/v1/predictions?cursor=${last.task.id}` : null
  return jsonAnswer(200, { previous: null, next, results: page.map((view) => predictionOf(view, verbs)) })
}
