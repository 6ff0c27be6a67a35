import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { secondsOf } from './request-rules.ts'

/** The HTTP statuses of the service's codes, and what the platform says; the words are assumed. */
const PLATFORM: Readonly<Record<string, { readonly status: number; readonly detail: string }>> = {
  invalid_api_key: { status: 403, detail: 'Not authenticated' },
  insufficient_quota: { status: 402, detail: 'Insufficient credits' },
  model_not_found: { status: 404, detail: 'Not Found' },
  rate_limit_exceeded: { status: 429, detail: 'Rate limit exceeded' },
  concurrency_limit_exceeded: { status: 429, detail: 'Too many active tasks' },
}

/** Its web framework says `detail`: a list for what is wrong with a field, else a text. */
export function errorAnswer({ status, code, message }: Refusal): Answer {
  const known = PLATFORM[code]
  if (known !== undefined) return jsonAnswer(known.status, { detail: known.detail })
  if (code !== 'invalid_request') return jsonAnswer(status, { detail: message })
  const detail = [{ type: 'value_error', loc: ['body'], msg: message, input: null }]
  return jsonAnswer(status === 400 ? 422 : status, { detail })
}

/** Neither a queue nor a cancel shows. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'Pending',
  running: 'Pending',
  done: 'Ready',
  failed: 'Error',
  error: 'Error',
  cancelled: 'Error',
}

/** Codes of a failure that have a status of their own. */
const MODERATED: ReadonlyMap<string, string> = new Map([
  ['request_moderated', 'Request Moderated'],
  ['content_moderated', 'Content Moderated'],
])

const moderationOf = ({ phase, task }: TaskView): string | undefined =>
  phase === 'failed' ? MODERATED.get(task.script.failure.code ?? '') : undefined

/** A text for what was moderated, and an object for every other failure. */
function detailsOf(view: TaskView): unknown {
  const { message, code } = view.task.script.failure
  if (moderationOf(view) !== undefined) return message
  return view.phase === 'failed' || view.phase === 'error' ? { error: message, code } : null
}

/** Of what has no number of its own: nothing while it waits, half while it runs. */
function progressOf({ phase, progress, share }: TaskView): unknown {
  if (progress !== undefined) return progress
  if (phase === 'done') return 1
  return phase === 'running' ? (share ?? 0.5) : null
}

function costOf(view: TaskView): number {
  // Credits per second of video: assumed.
  return secondsOf(view.task.fields) * 2.5
}

function resultOf(view: TaskView, verbs: Verbs): object | null {
  const sample = verbs.link(view)
  if (sample === null) return null
  const startMs = view.startedAtMs ?? view.task.createdAtMs
  return {
    sample,
    prompt: view.task.prompt,
    seed: 42,
    start_time: startMs / 1000,
    end_time: (view.finishedAtMs ?? view.nowMs) / 1000,
    duration: secondsOf(view.task.fields),
  }
}

export function created(view: TaskView, { origin }: Verbs): Answer {
  const { id } = view.task
  const polling_url = `${origin}/v1/get_result?id=${encodeURIComponent(id)}`
  return jsonAnswer(200, { id, polling_url, cost: costOf(view), input_mp: 0, output_mp: 0.9 })
}

export function resultAnswer(view: TaskView, verbs: Verbs): Answer {
  const { task, phase, word } = view
  const status = word ?? moderationOf(view) ?? WORDS[phase]
  return jsonAnswer(200, {
    id: task.id,
    ...(task.script.stateKey ? { state: status } : { status }),
    result: resultOf(view, verbs),
    progress: progressOf(view),
    details: detailsOf(view),
    preview: null,
    ...(phase === 'done' ? { cost: costOf(view) } : {}),
  })
}

/** A status like any other, with HTTP 200: assumed. */
export function noSuchTask(id: string): Answer {
  const nothing = { result: null, progress: null, details: null, preview: null }
  return jsonAnswer(200, { id, status: 'Task not found', ...nothing })
}
