import { jsonAnswer, type Answer } from '../../answer.ts'
import { isTerminal, type Phase } from '../../phase.ts'
import { listField, recordField } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { filesOf, statusOf } from './answers.ts'

const WORDS: Readonly<Record<Phase, string>> = {
  queued: 'pending',
  running: 'in_progress',
  done: 'completed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'cancelled',
}

/** What newer servers say of a run, whether it is in the queue or in the history. */
export function jobAnswer(view: TaskView, verbs: Verbs): Answer {
  const { task, phase } = view
  const about = { id: task.id, status: view.word ?? WORDS[phase], create_time: task.createdAtMs }
  if (!isTerminal(phase)) return jsonAnswer(200, { ...about, outputs_count: 0 })
  const outputs = filesOf(view, verbs)
  const status = statusOf(view)
  const [, error] =
    phase === 'done'
      ? []
      : listField({ ...status }, 'messages')
          .slice(-1)
          .flatMap(listOf)
  return jsonAnswer(200, {
    ...about,
    execution_start_time: view.startedAtMs ?? task.createdAtMs,
    execution_end_time: view.finishedAtMs ?? view.nowMs,
    ...(error === undefined || phase === 'cancelled' ? {} : { execution_error: error }),
    outputs_count: Object.keys(outputs).length,
    outputs,
    execution_status: status,
    workflow: { prompt: recordField(task.fields, 'prompt') },
  })
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

export const noSuchJob = (): Answer => jsonAnswer(404, { error: 'Job not found' })
