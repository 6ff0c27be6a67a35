import { jsonAnswer, type Answer } from '../../answer.ts'
import type { EndEffect, Refusal } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import { recordField, textField } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'

/** `SUSPENDED`, which the public client knows too, is shown to those whose prompt asks for it. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'PENDING',
  running: 'RUNNING',
  done: 'SUCCEEDED',
  failed: 'FAILED',
  error: 'FAILED',
  cancelled: 'CANCELED',
}

/** How the codes of the service are said here. Missing money is a 400. */
const SAYINGS: Readonly<Record<string, Omit<Refusal, 'message'> & { readonly message?: string }>> = {
  invalid_request: { status: 400, code: 'InvalidParameter' },
  invalid_api_key: { status: 401, code: 'InvalidApiKey', message: 'Invalid API-key provided.' },
  insufficient_quota: {
    status: 400,
    code: 'Arrearage',
    message: 'Access denied, please make sure your account is in good standing.',
  },
  permission_denied: { status: 403, code: 'AccessDenied', message: 'Access denied.' },
  not_found: { status: 404, code: 'InvalidURL', message: 'No static resource.' },
  model_not_found: { status: 404, code: 'ModelNotFound', message: 'Model not exist.' },
  rate_limit_exceeded: {
    status: 429,
    code: 'Throttling.RateQuota',
    message: 'Requests rate limit exceeded, please try again later.',
  },
  internal_error: { status: 500, code: 'InternalError', message: 'An internal error has occured.' },
  overloaded: {
    status: 503,
    code: 'ModelUnavailable',
    message: 'Model is unavailable, please try again later.',
  },
}

/** Of the request, where everything else is of the task: a code and a sentence beside its id. */
export function errorOf(status: number, code: string, message: string): Answer {
  return jsonAnswer(status, { code, message, request_id: 'sim-0' })
}

export function errorAnswer({ status, code, message }: Refusal): Answer {
  const said = SAYINGS[code]
  return errorOf(said?.status ?? status, said?.code ?? code, said?.message ?? message)
}

/** A task that it does not know is no error: it says that its status is unknown. */
export const unknownTask = (id: string): Answer =>
  jsonAnswer(200, { request_id: 'sim-0', output: { task_id: id, task_status: 'UNKNOWN' } })

export const notReady = (): Answer => errorOf(400, 'InvalidParameter', 'The task has not succeeded.')

export function created({ task }: TaskView, { ids }: Verbs): Answer {
  const output = { task_status: WORDS.queued, task_id: task.id }
  return jsonAnswer(200, { output, request_id: ids.uuid() })
}

const DAY_MS = 86_400_000

/** A task is remembered for a day after its end. */
export const isForgotten = ({ finishedAtMs, nowMs }: TaskView): boolean =>
  finishedAtMs !== null && nowMs - finishedAtMs > DAY_MS

export const wordOf = ({ word, phase }: TaskView): string => word ?? WORDS[phase]

const EIGHT_HOURS_MS = 8 * 3_600_000

/** `2026-01-01 00:00:00.000` in China's time (assumed): it names no zone. */
function timeText(ms: number): string {
  return new Date(ms + EIGHT_HOURS_MS).toISOString().replace('T', ' ').replace('Z', '')
}

function failureFields({ phase, task }: TaskView): object {
  if (phase !== 'failed' && phase !== 'error') return {}
  const { code, message } = task.script.failure
  return { code: code ?? (phase === 'error' ? 'InternalError' : 'DataInspectionFailed'), message }
}

/** One of the two names a size: `1280*720`, or a tier such as `720P`. */
function shapeOf({ fields }: Task): { SR: number; size: string } {
  const parameters = recordField(fields, 'parameters')
  const size = textField(parameters, 'size') || '1920*1080'
  const tier = Number.parseInt(textField(parameters, 'resolution'), 10)
  const sides = size.split('*').map(Number)
  return { SR: Number.isNaN(tier) ? Math.min(...sides) : tier, size }
}

function usageOf(task: Task): object {
  const parameters = recordField(task.fields, 'parameters')
  const seconds = typeof parameters['duration'] === 'number' ? parameters['duration'] : 5
  return {
    duration: seconds,
    input_video_duration: 0,
    output_video_duration: seconds,
    video_count: 1,
    ...shapeOf(task),
  }
}

/** A finished task names its video, and what was made of the prompt. */
function resultFields(view: TaskView, verbs: Verbs): object {
  if (view.phase !== 'done') return {}
  const link = verbs.link(view)
  const prompt = { orig_prompt: view.task.prompt, actual_prompt: view.task.prompt }
  return { ...(link === null ? {} : { video_url: link }), ...prompt }
}

/** Without any progress. Times appear as they become known. */
function outputOf(view: TaskView, verbs: Verbs): object {
  const { task, startedAtMs, finishedAtMs } = view
  return {
    task_id: task.id,
    task_status: wordOf(view),
    submit_time: timeText(task.createdAtMs),
    ...(startedAtMs === null ? {} : { scheduled_time: timeText(startedAtMs) }),
    ...(finishedAtMs === null ? {} : { end_time: timeText(finishedAtMs) }),
    ...resultFields(view, verbs),
    ...failureFields(view),
  }
}

/** Always 200: what went wrong with the task stands in its output. */
export function polled(view: TaskView, verbs: Verbs): Answer {
  if (isForgotten(view)) return unknownTask(view.task.id)
  return jsonAnswer(200, {
    request_id: verbs.ids.uuid(),
    output: outputOf(view, verbs),
    ...(view.phase === 'done' ? { usage: usageOf(view.task) } : {}),
  })
}

/** Only what is pending can be cancelled. */
export function cancelled(_view: TaskView, effect: EndEffect, { ids }: Verbs): Answer {
  return effect === 'nothing' ? notPending() : jsonAnswer(200, { request_id: ids.uuid() })
}

/** Assumed to be said of a task that nobody knows too. */
export const notPending = (): Answer =>
  errorOf(
    400,
    'UnsupportedOperation',
    'Failed to cancel the task, please confirm if the task is in PENDING status.',
  )
