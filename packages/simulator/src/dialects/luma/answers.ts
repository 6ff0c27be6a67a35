import { emptyAnswer, jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import type { SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'

/** There is no word for a generation that was cancelled: it is removed. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'queued',
  running: 'dreaming',
  done: 'completed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'failed',
}

const SAYINGS: Readonly<Record<string, Omit<Refusal, 'code'>>> = {
  invalid_api_key: { status: 401, message: 'Invalid API key provided' },
  insufficient_quota: { status: 400, message: 'Insufficient credits' },
  rate_limit_exceeded: { status: 429, message: 'Too many requests' },
  moderation: { status: 400, message: 'Advanced prompt moderation failed' },
}

/** A text, and no code. */
export function errorAnswer({ status, code, message }: Refusal): Answer {
  const said = SAYINGS[code] ?? { status, message }
  return jsonAnswer(said.status, { detail: said.message })
}

/** A route that is missing says the bare `Not Found`. */
export const noSuchGeneration = (): Answer => jsonAnswer(404, { detail: 'Generation not found' })

export const notReady = (): Answer => jsonAnswer(400, { detail: 'The generation is not completed' })

/** The request as it is echoed: without what it left out. */
function requestOf({ task: { fields, script } }: TaskView): object {
  return { generation_type: 'video', ...fields, ...(script.model === null ? {} : { model: script.model }) }
}

function assetsOf(view: TaskView, verbs: Verbs): object | null {
  if (view.phase !== 'done') return null
  return { video: verbs.link(view), image: null, progress_video: null }
}

/** Without any progress. A failure is a text. */
export function generationOf(view: TaskView, verbs: Verbs): object {
  const { task, phase, word } = view
  const hasFailed = phase === 'failed' || phase === 'error' || phase === 'cancelled'
  return {
    id: task.id,
    generation_type: 'video',
    state: word ?? WORDS[phase],
    failure_reason: hasFailed ? task.script.failure.message : null,
    created_at: new Date(task.createdAtMs).toISOString(),
    assets: assetsOf(view, verbs),
    model: task.script.model ?? task.model,
    request: requestOf(view),
  }
}

export function created(view: TaskView, verbs: Verbs): Answer {
  return jsonAnswer(201, generationOf(view, verbs))
}

export function generation(view: TaskView, verbs: Verbs): Answer {
  return jsonAnswer(200, generationOf(view, verbs))
}

export const deleted = (): Answer => emptyAnswer(204)

const LIMIT_MAX = 100

function numberOf(query: URLSearchParams, name: string, otherwise: number): number {
  const value = Number(query.get(name) ?? otherwise)
  return Number.isInteger(value) && value >= 0 ? value : otherwise
}

/** The newest first (assumed). */
export function list(verbs: Verbs, { query }: SimulatorRequest): Answer {
  const limit = Math.min(LIMIT_MAX, numberOf(query, 'limit', LIMIT_MAX))
  const offset = numberOf(query, 'offset', 0)
  const views = verbs.tasks().toReversed()
  const page = views.slice(offset, offset + limit)
  return jsonAnswer(200, {
    has_more: offset + limit < views.length,
    count: page.length,
    limit,
    offset,
    generations: page.map((view) => generationOf(view, verbs)),
  })
}
