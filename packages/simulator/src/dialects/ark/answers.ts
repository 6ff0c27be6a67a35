import { jsonAnswer, type Answer } from '../../answer.ts'
import type { EndEffect, Refusal } from '../../dialect.ts'
import { isTerminal, type Phase } from '../../phase.ts'
import { listField, recordField, textField } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { FRAMES_PER_SECOND, tokensOf } from './models.ts'

const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'queued',
  running: 'running',
  done: 'succeeded',
  failed: 'failed',
  error: 'failed',
  cancelled: 'cancelled',
}

/** The error's type follows from the status. */
const TYPES: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  429: 'TooManyRequests',
}

/** How the codes of the service are said here. */
const SAYINGS: Readonly<Record<string, Omit<Refusal, 'message'> & { readonly message?: string }>> = {
  invalid_request: { status: 400, code: 'InvalidParameter' },
  invalid_api_key: {
    status: 401,
    code: 'AuthenticationError',
    message: 'The API key or AK/SK in the request is missing or invalid.',
  },
  insufficient_quota: {
    status: 403,
    code: 'AccountOverdueError',
    message: 'The request failed because your account has an overdue balance.',
  },
  permission_denied: {
    status: 403,
    code: 'AccessDenied',
    message: 'The request failed because you do not have access to the requested resource.',
  },
  not_found: { status: 404, code: 'NotFound' },
  model_not_found: { status: 404, code: 'InvalidEndpointOrModel.NotFound' },
  rate_limit_exceeded: {
    status: 429,
    code: 'RateLimitExceeded.EndpointRPMExceeded',
    message:
      'The Requests Per Minute (RPM) limit of the associated endpoint for your account has been exceeded.',
  },
  internal_error: { status: 500, code: 'InternalServiceError' },
  overloaded: { status: 503, code: 'InternalServiceError' },
}

interface Said {
  readonly code: string
  readonly message: string
  readonly param?: string
}

/** `{error: {code, message, param, type}}`, with the request's id at the end of the sentence. */
export function errorOf(status: number, { code, message, param = '' }: Said): Answer {
  const type = TYPES[status] ?? 'InternalServerError'
  return jsonAnswer(status, { error: { code, message: `${message} Request id: sim-0`, param, type } })
}

export function errorAnswer({ status, code, message }: Refusal): Answer {
  const said = SAYINGS[code]
  return errorOf(said?.status ?? status, { code: said?.code ?? code, message: said?.message ?? message })
}

/** The code is documented as `NotFound.<parameter>`; what stands there for a task is assumed. */
export const noSuchTask = (id: string): Answer =>
  errorOf(404, { code: 'NotFound.id', message: `The specified content generation task ${id} is not found.` })

export const notReady = (): Answer =>
  errorOf(400, { code: 'InvalidParameter', message: 'The task has not succeeded.' })

/** The words of a create: all of its texts. */
export function textIn(fields: Readonly<Record<string, unknown>>): string {
  return listField(fields, 'content')
    .map((item) => textField(recordField({ item }, 'item'), 'text'))
    .filter((text) => text !== '')
    .join('\n')
}

/** It tells the id, and no status. */
export const created = ({ task }: TaskView): Answer => jsonAnswer(200, { id: task.id })

const DAY_MS = 86_400_000
const EXPIRES_AFTER_S_DEFAULT = 172_800

function numberIn(task: Task, name: string, otherwise: number): number {
  const value = task.fields[name]
  return typeof value === 'number' ? value : otherwise
}

const expiresAfterS = (task: Task): number =>
  numberIn(task, 'execution_expires_after', EXPIRES_AFTER_S_DEFAULT)

/** Whether it is given up for not having ended in the time that the create gave it. */
function isExpired({ task, phase, nowMs, finishedAtMs }: TaskView): boolean {
  const endMs = task.createdAtMs + expiresAfterS(task) * 1000
  return isTerminal(phase) ? (finishedAtMs ?? 0) > endMs : nowMs >= endMs
}

/** Nobody can ask for it after seven days, or a day after it was cancelled. */
export function isForgotten({ task, phase, nowMs, finishedAtMs }: TaskView): boolean {
  if (nowMs - task.createdAtMs > 7 * DAY_MS) return true
  return phase === 'cancelled' && nowMs - (finishedAtMs ?? nowMs) > DAY_MS
}

export const wordOf = (view: TaskView): string =>
  isExpired(view) ? 'expired' : (view.word ?? WORDS[view.phase])

/** Null unless it failed: neither a cancel nor the end of its time has a reason. */
export function failureOf(view: TaskView): { code: string; message: string } | null {
  const isFailure = view.phase === 'failed' || view.phase === 'error'
  if (!isFailure || wordOf(view) === 'expired') return null
  const { code, message } = view.task.script.failure
  const otherwise = view.phase === 'error' ? 'InternalServiceError' : 'OutputVideoSensitiveContentDetected'
  return { code: code ?? otherwise, message }
}

/** What is told of a finished video, with the defaults of what the create left out. */
function resultFields(view: TaskView, verbs: Verbs): object {
  const { task } = view
  const link = verbs.link(view)
  const resolution = textField(task.fields, 'resolution') || '720p'
  // Left to the model, it makes five seconds (assumed).
  const seconds = Math.max(numberIn(task, 'duration', 5), 0) || 5
  const tokens = tokensOf(resolution, seconds)
  return {
    content: link === null ? {} : { video_url: link },
    usage: { completion_tokens: tokens, total_tokens: tokens },
    seed: Math.max(numberIn(task, 'seed', 58_944), 0),
    resolution,
    ratio: textField(task.fields, 'ratio') || '16:9',
    duration: seconds,
    framespersecond: FRAMES_PER_SECOND,
  }
}

const secondsSinceEpoch = (ms: number): number => Math.floor(ms / 1000)

/** A task as a look and a callback tell it. There is no progress. */
export function taskOf(view: TaskView, verbs: Verbs): Readonly<Record<string, unknown>> {
  const { task } = view
  const isDone = view.phase === 'done' && !isExpired(view)
  const updatedAtMs = view.finishedAtMs ?? view.startedAtMs ?? task.createdAtMs
  return {
    id: task.id,
    model: task.script.model ?? task.model,
    status: wordOf(view),
    error: failureOf(view),
    created_at: task.script.createdInMs ? task.createdAtMs : secondsSinceEpoch(task.createdAtMs),
    updated_at: secondsSinceEpoch(updatedAtMs),
    ...(isDone ? resultFields(view, verbs) : {}),
    service_tier: textField(task.fields, 'service_tier') || 'default',
    execution_expires_after: expiresAfterS(task),
  }
}

export function polled(view: TaskView, verbs: Verbs): Answer {
  return isForgotten(view) ? noSuchTask(view.task.id) : jsonAnswer(200, taskOf(view, verbs))
}

/** What runs cannot be stopped, and what was cancelled not be erased. Status and codes are assumed. */
export function deleted({ phase }: TaskView, effect: EndEffect): Answer {
  if (effect !== 'nothing') return jsonAnswer(200, {})
  return phase === 'cancelled'
    ? errorOf(409, {
        code: 'InvalidAction.CancelledTaskDeletion',
        message: 'A cancelled task cannot be deleted.',
      })
    : errorOf(409, {
        code: 'InvalidAction.RunningTaskDeletion',
        message: 'A running task cannot be deleted.',
      })
}
