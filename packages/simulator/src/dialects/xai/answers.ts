import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'

/** It has no cancel, and no word for it. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'pending',
  running: 'pending',
  done: 'done',
  failed: 'failed',
  error: 'expired',
  cancelled: 'expired',
}

/** A failure with this code is shown as moderation shows itself: done, with a video that was held back. */
const HELD_BACK = 'respect_moderation'

const BAD_ARGUMENT = 'Client specified an invalid argument'
const EXHAUSTED = 'Some resource has been exhausted'

/** The codes are sentences that say little, and the statuses mislead: what was meant is in the message. */
const SAYINGS: Readonly<Record<string, { status: number; code: string; error?: string }>> = {
  invalid_argument: { status: 400, code: BAD_ARGUMENT },
  invalid_request: { status: 400, code: BAD_ARGUMENT },
  invalid_api_key: { status: 400, code: BAD_ARGUMENT, error: 'Incorrect API key provided.' },
  insufficient_quota: {
    status: 429,
    code: EXHAUSTED,
    error: 'The team has used all available credits or reached its monthly spending limit.',
  },
  rate_limit_exceeded: { status: 429, code: EXHAUSTED, error: 'Too many requests.' },
  permission_denied: {
    status: 403,
    code: 'The caller does not have permission to execute the specified operation',
    error: 'Content violates usage guidelines.',
  },
  not_found: { status: 404, code: 'Some requested entity was not found' },
  model_not_found: {
    status: 404,
    code: 'Some requested entity was not found',
    error: 'The model does not exist or your team does not have access to it.',
  },
}

/** The shortest of the three forms: `{error: "text"}`. */
export const textError = (status: number, error: string): Answer => jsonAnswer(status, { error })

/**
 * The other two: `{code, error: "text"}` for what the API itself says, `{error: {message}}` for the rest.
 * Which form comes when is assumed.
 */
export function errorAnswer({ status, code, message }: Refusal): Answer {
  const said = SAYINGS[code]
  if (said === undefined)
    return jsonAnswer(status, { error: { message, type: 'api_error', code, param: null } })
  return jsonAnswer(said.status, { code: said.code, error: said.error ?? message })
}

export const noSuchRequest = (): Answer =>
  errorAnswer({ status: 404, code: 'not_found', message: 'No request with this id.' })

export const notReady = (): Answer =>
  errorAnswer({ status: 400, code: 'invalid_argument', message: 'The video is not done.' })

export const created = ({ task }: TaskView): Answer => jsonAnswer(200, { request_id: task.id })

const SECONDS_DEFAULT = 8
/** Ten billion ticks are a dollar; five cents for a second (assumed for all resolutions). */
const TICKS_PER_SECOND = 500_000_000

function secondsOf({ fields, script }: Task): number {
  const seconds = Number(script.seconds ?? fields['duration'] ?? SECONDS_DEFAULT)
  return Number.isFinite(seconds) ? seconds : SECONDS_DEFAULT
}

function progressOf({ phase, progress, share }: TaskView): number | string | undefined {
  if (progress !== undefined) return progress ?? undefined
  return phase === 'queued' ? 0 : Math.round((share ?? 0.5) * 100)
}

function doneFields(view: TaskView, verbs: Verbs): object {
  const duration = secondsOf(view.task)
  return {
    video: { url: verbs.link(view) ?? '', duration, respect_moderation: true },
    progress: 100,
    usage: { cost_in_usd_ticks: duration * TICKS_PER_SECOND },
  }
}

/** 202 while it goes on, 200 once it is over, however it ended. Its answers carry no id. */
export function video(view: TaskView, verbs: Verbs): Answer {
  const { task, phase } = view
  const { failure, withoutStatus } = task.script
  const model = task.script.model ?? task.model
  const status = view.word ?? WORDS[phase]
  switch (phase) {
    case 'queued':
    case 'running':
      return jsonAnswer(202, { status, model, progress: progressOf(view) })
    case 'done':
      return jsonAnswer(200, { ...(withoutStatus ? {} : { status }), model, ...doneFields(view, verbs) })
    case 'failed':
      if (failure.code === HELD_BACK)
        return jsonAnswer(200, { status: 'done', model, video: { url: '', respect_moderation: false } })
      if (status !== 'failed') return jsonAnswer(200, { status, model })
      return jsonAnswer(200, {
        status,
        model,
        error: { code: failure.code ?? 'internal_error', message: failure.message },
      })
    case 'error':
    case 'cancelled':
      return jsonAnswer(200, { status, model })
  }
}

export function models({ models: names, nowMs }: Verbs): Answer {
  const seconds = Math.floor(nowMs / 1000)
  const data = names.map((id) => ({ id, object: 'model', created: seconds, owned_by: 'xai' }))
  return jsonAnswer(200, { object: 'list', data })
}
