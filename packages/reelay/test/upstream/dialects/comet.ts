import { htmlAnswer, jsonAnswer, type Answer } from '../answer.ts'
import type { Dialect } from '../dialect.ts'
import type { Phase } from '../phase.ts'
import { textField, type Submission } from '../submission.ts'
import type { Task, TaskView } from '../task.ts'
import { createdAt, finishedAt, isFailure, modelOf, present, progressOf } from './fields.ts'

const LOWER_WORDS: Readonly<Record<Phase, string>> = {
  queued: 'queued',
  running: 'in_progress',
  done: 'completed',
  failed: 'failed',
  error: 'error',
  cancelled: 'failed',
}

const UPPER_WORDS: Readonly<Record<Phase, string>> = {
  queued: 'SUBMITTED',
  running: 'IN_PROGRESS',
  done: 'SUCCESS',
  failed: 'FAILED',
  error: 'ERROR',
  cancelled: 'FAILED',
}

const WRAPPER_WORDS: Readonly<Record<Phase, string>> = {
  queued: 'QUEUED',
  running: 'IN_PROGRESS',
  done: 'SUCCESS',
  failed: 'FAILURE',
  error: 'FAILURE',
  cancelled: 'FAILURE',
}

function wordOf(view: TaskView): string {
  return view.word ?? (view.task.script.upperCase ? UPPER_WORDS : LOWER_WORDS)[view.phase]
}

function errorAnswer(status: number, code: string, message: string): Answer {
  return jsonAnswer(status, {
    error: { message: `${message} (request id: up-0)`, type: 'comet_api_error', param: '', code },
  })
}

function refusal(submission: Submission): Answer | null {
  if (submission.broken !== null) return errorAnswer(400, 'invalid_request', submission.broken)
  for (const name of submission.remixOf === null ? ['model', 'prompt'] : ['prompt']) {
    if (textField(submission.fields, name).trim() === '') {
      return errorAnswer(400, 'invalid_request', `${name} is required`)
    }
  }
  return null
}

function created(task: Task): Answer {
  return jsonAnswer(200, {
    id: task.id,
    task_id: task.id,
    object: 'video',
    model: modelOf(task),
    status: task.script.upperCase ? 'SUBMITTED' : 'queued',
    progress: 0,
    created_at: createdAt(task),
  })
}

function failureOf(view: TaskView): object | undefined {
  if (!isFailure(view)) return undefined
  const { code, message } = view.task.script.failure
  return { code: code ?? 'generation_failed', message }
}

function plain(view: TaskView, linkUrl: string | null): Answer {
  const { task } = view
  const { seconds } = task.script
  const size = textField(task.fields, 'size')
  return jsonAnswer(
    200,
    present({
      id: task.id,
      object: 'video',
      model: modelOf(task),
      status: wordOf(view),
      progress: progressOf(view) ?? undefined,
      created_at: createdAt(task),
      // The upper-case pages show the key while the task runs, the lower-case ones do not.
      completed_at: finishedAt(view) ?? (task.script.upperCase ? null : undefined),
      size: size || undefined,
      seconds: seconds ?? (textField(task.fields, 'seconds') || undefined),
      video_url: linkUrl ?? undefined,
      error: failureOf(view),
    }),
  )
}

/** The older task DTO, with its habit of carrying the link in `fail_reason`. */
function wrapped(view: TaskView, linkUrl: string | null): Answer {
  const { task } = view
  const submittedAt = Math.floor(task.createdAtMs / 1000)
  const progress = progressOf(view)
  return jsonAnswer(200, {
    code: 'success',
    message: '',
    data: {
      task_id: task.id,
      action: 'generate',
      status: view.word ?? WRAPPER_WORDS[view.phase],
      fail_reason: isFailure(view) ? task.script.failure.message : (linkUrl ?? ''),
      submit_time: submittedAt,
      start_time: view.phase === 'queued' ? 0 : submittedAt,
      finish_time: finishedAt(view) ?? 0,
      progress: typeof progress === 'number' ? `${progress}%` : (progress ?? ''),
      data: null,
    },
  })
}

export const comet: Dialect = {
  name: 'comet',
  needsKey: true,
  modelDefault: 'wan2.6',
  models: ['wan2.6', 'doubao-seedance-2-0', 'veo3.1', 'sora-2'],
  remixes: true,
  newId: (ids, nowMs) => ids.id('task', nowMs),
  refusal,
  created,
  polled: (view, linkUrl) => (view.task.script.wrapper ? wrapped(view, linkUrl) : plain(view, linkUrl)),
  notReady: (view) =>
    jsonAnswer(400, {
      error: {
        message: `Task is not completed yet, current status: ${wordOf(view)}`,
        type: 'invalid_request_error',
      },
    }),
  missing: () => jsonAnswer(400, { code: 'task_not_exist', message: 'task_not_exist', data: null }),
  error: errorAnswer,
  unrouted: () => htmlAnswer(301, 'Moved Permanently', { location: '/' }),
}
