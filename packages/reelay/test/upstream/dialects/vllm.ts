import { jsonAnswer, type Answer } from '../answer.ts'
import type { Dialect, ListQuery } from '../dialect.ts'
import { textField, type Submission } from '../submission.ts'
import { waitingView, type Task, type TaskView } from '../task.ts'
import { createdAt, finishedAt, isFailure, modelOf, openaiWord, progressOf, secondsOf } from './fields.ts'
import { pageOf } from './page.ts'

/** This server's error codes are the HTTP status, as a number. */
function errorAnswer(status: number, _code: string, message: string): Answer {
  const type = status >= 500 ? 'InternalServerError' : 'BadRequestError'
  return jsonAnswer(status, { error: { message, type, param: null, code: status } })
}

function refusal(submission: Submission): Answer | null {
  const { bodyKind, broken, fields } = submission
  if (bodyKind !== 'multipart') {
    return errorAnswer(400, '', "[{'type': 'missing', 'loc': ('body', 'prompt'), 'msg': 'Field required'}]")
  }
  if (broken !== null) return errorAnswer(400, '', broken)
  if (textField(fields, 'prompt') === '') return errorAnswer(400, '', 'prompt: Field required')
  const seconds = textField(fields, 'seconds')
  if (seconds !== '' && !/^[1-9]\d*$/u.test(seconds))
    return errorAnswer(400, '', 'seconds: wants a whole number')
  const size = textField(fields, 'size')
  if (size !== '' && !/^\d+x\d+$/u.test(size)) return errorAnswer(400, '', 'size: wants WIDTHxHEIGHT')
  return null
}

function failureCode(task: Task): number | string {
  const code = task.script.failure.code ?? '500'
  return /^\d+$/u.test(code) ? Number(code) : code
}

function jobOf(view: TaskView): object {
  const { task } = view
  const isDone = view.phase === 'done'
  return {
    model: modelOf(task),
    prompt: task.prompt,
    id: task.id,
    object: 'video',
    status: openaiWord(view),
    size: textField(task.fields, 'size') || null,
    progress: progressOf(view),
    seconds: secondsOf(task, '4'),
    quality: 'default',
    completed_at: finishedAt(view),
    created_at: createdAt(task),
    remixed_from_video_id: null,
    error: isFailure(view) ? { code: failureCode(task), message: task.script.failure.message } : null,
    media_type: 'video/mp4',
    expires_at: null,
    file_name: isDone ? `${task.id}.mp4` : null,
    inference_time_s: isDone ? 1.5 : null,
    stage_durations: {},
    peak_memory_mb: 0,
  }
}

/** A failed job is answered with its own failure's status, and still with the job. */
function jobStatus(view: TaskView): number {
  if (!isFailure(view)) return 200
  const code = failureCode(view.task)
  return typeof code === 'number' && code >= 400 && code <= 599 ? code : 500
}

function listed(views: readonly TaskView[], query: ListQuery): Answer {
  const page = pageOf(views, query, null)
  return jsonAnswer(200, {
    first_id: page.firstId,
    last_id: page.lastId,
    has_more: page.hasMore,
    data: page.views.map(jobOf),
    object: 'list',
  })
}

/** vLLM-Omni. */
export const vllm: Dialect = {
  name: 'vllm',
  needsKey: false,
  modelDefault: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers',
  models: ['Wan-AI/Wan2.2-T2V-A14B-Diffusers'],
  remixes: false,
  newId: (ids) => `video_gen_${Buffer.from(ids.secret(16), 'base64url').toString('hex')}`,
  refusal,
  created: (task) => jsonAnswer(200, jobOf(waitingView(task))),
  polled: (view) => jsonAnswer(jobStatus(view), jobOf(view)),
  notReady: (view) =>
    isFailure(view)
      ? errorAnswer(422, '', `Video generation failed: ${view.task.script.failure.message}`)
      : errorAnswer(404, '', 'Video is not ready'),
  missing: () => errorAnswer(404, '', 'Video not found'),
  error: errorAnswer,
  unrouted: () => jsonAnswer(404, { detail: 'Not Found' }),
  deleted: ({ task }) => ({
    answer: jsonAnswer(200, { id: task.id, deleted: true, object: 'video.deleted' }),
    removes: true,
  }),
  listed,
}
