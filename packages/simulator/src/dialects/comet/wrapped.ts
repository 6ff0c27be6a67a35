import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Phase } from '../../phase.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { finishedAt, isFailure, progressOf } from '../video-object/fields.ts'

const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'QUEUED',
  running: 'IN_PROGRESS',
  done: 'SUCCESS',
  failed: 'FAILURE',
  error: 'FAILURE',
  cancelled: 'FAILURE',
}

/**
 * The older task object, with its habit of carrying the link in `fail_reason`.
 *
 * @param inner the task as its maker tells it, on the makers' own routes
 */
export function wrapped(view: TaskView, verbs: Verbs, inner: unknown = null): Answer {
  const { task } = view
  const submittedAt = Math.floor(task.createdAtMs / 1000)
  const progress = progressOf(view)
  return jsonAnswer(200, {
    code: 'success',
    message: '',
    data: {
      task_id: task.id,
      action: 'generate',
      status: view.word ?? WORDS[view.phase],
      fail_reason: isFailure(view) ? task.script.failure.message : (verbs.link(view) ?? ''),
      submit_time: submittedAt,
      start_time: view.phase === 'queued' ? 0 : submittedAt,
      finish_time: finishedAt(view) ?? 0,
      progress: typeof progress === 'number' ? `${progress}%` : (progress ?? ''),
      data: inner,
    },
  })
}
