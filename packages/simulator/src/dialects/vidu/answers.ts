import { createHash } from 'node:crypto'
import { jsonAnswer, type Answer } from '../../answer.ts'
import type { EndEffect } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import { listField, textField } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { refused } from './vidu-error.ts'

/** Who is cancelled has failed, and says so by its code. */
const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'queueing',
  running: 'processing',
  done: 'success',
  failed: 'failed',
  error: 'failed',
  cancelled: 'failed',
}

/** What a five-second video costs; assumed. */
const CREDITS = 20

/** A cover of one pixel: it is a picture, and nobody looks at it. */
const COVER = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

export const coverAnswer = (): Answer => ({
  status: 200,
  headers: { 'content-type': 'image/png' },
  body: COVER,
})

/** What its create left open is what the provider takes. */
function optionsOf({ task }: TaskView): object {
  const { fields } = task
  return {
    duration: fields['duration'] ?? 5,
    seed: fields['seed'] ?? 0,
    resolution: textField(fields, 'resolution') || '720p',
    aspect_ratio: textField(fields, 'aspect_ratio') || '16:9',
    movement_amplitude: textField(fields, 'movement_amplitude') || 'auto',
    bgm: fields['bgm'] === true,
    off_peak: fields['off_peak'] === true,
  }
}

export function created(view: TaskView): Answer {
  const { task } = view
  return jsonAnswer(200, {
    task_id: task.id,
    state: 'created',
    model: task.model,
    prompt: task.prompt,
    images: listField(task.fields, 'images'),
    ...optionsOf(view),
    payload: textField(task.fields, 'payload'),
    credits: CREDITS,
    created_at: new Date(task.createdAtMs).toISOString(),
  })
}

function stateOf({ phase, word, task }: TaskView): string {
  if (word === null && phase === 'queued' && task.polls <= 1) return 'created'
  return word ?? WORDS[phase]
}

/** A code, and no message. */
function errorCode({ phase, task }: TaskView): string {
  if (phase === 'cancelled') return 'UserCancelled'
  return phase === 'failed' || phase === 'error' ? (task.script.failure.code ?? 'InternalServiceFailure') : ''
}

function creationsOf(view: TaskView, verbs: Verbs): readonly object[] {
  const url = verbs.link(view)
  if (url === null) return []
  const id = createHash('sha256').update(view.task.id).digest('hex').slice(0, 18)
  return [{ id, url, cover_url: `${verbs.origin}/covers/${view.task.id}.png`, watermarked_url: '' }]
}

/** What a look says: everything but whose job it is. */
export function creationFields(view: TaskView, verbs: Verbs): object {
  const isFree = view.phase === 'failed' || view.phase === 'error' || view.phase === 'cancelled'
  return {
    state: stateOf(view),
    err_code: errorCode(view),
    credits: isFree ? 0 : CREDITS,
    payload: textField(view.task.fields, 'payload'),
    bgm: view.task.fields['bgm'] === true,
    off_peak: view.task.fields['off_peak'] === true,
    creations: creationsOf(view, verbs),
  }
}

export function creations(view: TaskView, verbs: Verbs): Answer {
  return jsonAnswer(200, creationFields(view, verbs))
}

const TASKS_MAX = 50

/** The newest first, a page of them; the shape is assumed. */
export function list(verbs: Verbs): Answer {
  const views = verbs.tasks().toReversed().slice(0, TASKS_MAX)
  const tasks = views.map((view) => ({
    id: view.task.id,
    model: view.task.model,
    ...creationFields(view, verbs),
  }))
  return jsonAnswer(200, { tasks, next_page_token: '' })
}

/** What has begun is refused: the reason is assumed. */
export function cancelled(_view: TaskView, effect: EndEffect): Answer {
  return effect === 'nothing'
    ? refused('BadRequest', 'bad request: the task cannot be cancelled')
    : jsonAnswer(200, {})
}
