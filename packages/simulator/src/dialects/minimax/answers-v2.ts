import { jsonAnswer, type Answer } from '../../answer.ts'
import type { EndEffect } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import { listField, textField, type SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { codeOf, invalidParams, isV2 } from './minimax-error.ts'

/** `expired` is said by a prompt only. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'queued',
  running: 'running',
  done: 'succeeded',
  failed: 'failed',
  error: 'failed',
  cancelled: 'cancelled',
}

const WEEK_MS = 7 * 86_400_000

/** What a second of video counts as; assumed. */
const TOKENS_PER_SECOND = 52_078

export function created({ task }: TaskView): Answer {
  return jsonAnswer(200, { task_id: task.id })
}

const wordOf = ({ word, phase }: TaskView): string => word ?? WORDS[phase]

const secondsOf = (atMs: number): number => Math.floor(atMs / 1000)

function usageOf({ phase, task }: TaskView): object {
  if (phase !== 'done') return {}
  const seconds = Number(task.fields['duration'])
  const tokens = seconds * TOKENS_PER_SECOND
  const pictures = listField(task.fields, 'content').length - 1
  return {
    total_seconds: seconds,
    input_seconds: 0,
    output_seconds: seconds,
    input_image_count: pictures,
    total_tokens: tokens,
    prompt_tokens: 0,
    completion_tokens: tokens,
  }
}

function outcomeOf(view: TaskView, verbs: Verbs): object {
  const { phase, task } = view
  if (phase === 'failed' || phase === 'error') {
    const { code, message } = task.script.failure
    return { error: { code: String(codeOf(code)), message } }
  }
  if (phase !== 'done') return {}
  const url = verbs.link(view)
  return { content: url === null ? {} : { url } }
}

export function taskFields(view: TaskView, verbs: Verbs): object {
  const { task, finishedAtMs, startedAtMs } = view
  const { fields } = task
  return {
    id: task.id,
    model: task.model,
    status: wordOf(view),
    created_at: secondsOf(task.createdAtMs),
    updated_at: secondsOf(finishedAtMs ?? startedAtMs ?? task.createdAtMs),
    ...outcomeOf(view, verbs),
    resolution: textField(fields, 'resolution'),
    duration: Number(fields['duration']),
    usage: usageOf(view),
    ratio: textField(fields, 'ratio') || 'adaptive',
    task_type: 'generation',
    modality: 'video',
  }
}

export function status(view: TaskView, verbs: Verbs): Answer {
  return jsonAnswer(200, { task: taskFields(view, verbs) })
}

/** Whether it is a job of the second generation that can still be asked for: after seven days none can. */
export function isKnown({ task, nowMs }: TaskView): boolean {
  return isV2(task.path) && nowMs - task.createdAtMs <= WEEK_MS
}

const PAGE_MAX = 100

function wholeNumber(text: string | null, fallback: number, max: number): number {
  const count = Number(text ?? fallback)
  return Number.isInteger(count) && count > 0 ? Math.min(count, max) : fallback
}

/** The newest first: assumed, as is the size of a page that does not say. */
export function list(verbs: Verbs, { query }: SimulatorRequest): Answer {
  const ids = query.getAll('filter.task_ids').flatMap((text) => text.split(','))
  const wanted = { status: query.get('filter.status'), model: query.get('filter.model') }
  const type = query.get('filter.task_type') ?? 'generation'
  const found = verbs
    .tasks()
    .filter(isKnown)
    .filter((view) => ids.length === 0 || ids.includes(view.task.id))
    .filter((view) => wanted.status === null || wordOf(view) === wanted.status)
    .filter((view) => wanted.model === null || view.task.model === wanted.model)
    .filter(() => type === 'generation')
    .toReversed()
  const size = wholeNumber(query.get('page_size'), 10, PAGE_MAX)
  const from = (wholeNumber(query.get('page_num'), 1, Number.MAX_SAFE_INTEGER) - 1) * size
  const items = found.slice(from, from + size).map((view) => taskFields(view, verbs))
  return jsonAnswer(200, { items, total: found.length })
}

/** A cancel for what waits, a delete of what has ended; what runs cannot be stopped. */
export function endEffect(phase: Phase): EndEffect {
  if (phase === 'queued') return 'cancels'
  return phase === 'running' || phase === 'cancelled' ? 'nothing' : 'removes'
}

export function ended(view: TaskView, effect: EndEffect): Answer {
  const { task } = view
  if (effect === 'nothing') return invalidParams(`task is ${wordOf(view)}`, '/v2/')
  const isCancel = effect === 'cancels'
  return jsonAnswer(200, {
    task_id: task.id,
    action: isCancel ? 'cancelled' : 'deleted',
    status: isCancel ? 'cancelled' : wordOf(view),
  })
}
