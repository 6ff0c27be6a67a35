import { jsonAnswer, type Answer } from '../answer.ts'
import type { Dialect, ListQuery } from '../dialect.ts'
import { isTerminal } from '../phase.ts'
import { textField, type Submission } from '../submission.ts'
import { waitingView, type TaskView } from '../task.ts'
import { createdAt, finishedAt, isFailure, modelOf, openaiWord, progressOf, secondsOf } from './fields.ts'
import { pageOf } from './page.ts'

const LINK_SECONDS = 86_400

function errorAnswer(status: number, code: string, message: string): Answer {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error'
  return jsonAnswer(status, { error: { message, type, param: null, code } })
}

function refusal(submission: Submission): Answer | null {
  if (submission.broken !== null) return errorAnswer(400, 'invalid_request', submission.broken)
  if (textField(submission.fields, 'prompt').trim() === '') {
    return errorAnswer(400, 'missing_required_parameter', "Missing required parameter: 'prompt'.")
  }
  return null
}

/** All thirteen keys, null where there is nothing to say. */
function videoOf(view: TaskView): object {
  const { task } = view
  const finished = finishedAt(view)
  const { code, message } = task.script.failure
  return {
    id: task.id,
    object: 'video',
    model: modelOf(task),
    status: openaiWord(view),
    progress: progressOf(view),
    created_at: createdAt(task),
    completed_at: view.phase === 'done' ? finished : null,
    expires_at: view.phase === 'done' && finished !== null ? finished + LINK_SECONDS : null,
    prompt: task.prompt,
    size: textField(task.fields, 'size') || '720x1280',
    seconds: secondsOf(task, '4'),
    remixed_from_video_id: task.remixOf,
    error: isFailure(view) ? { code: code ?? 'video_generation_failed', message } : null,
  }
}

function listed(views: readonly TaskView[], query: ListQuery): Answer {
  const page = pageOf(views, query, 20)
  if (!page.known)
    return errorAnswer(400, 'invalid_value', `There is no video '${query.after}' to list after.`)
  return jsonAnswer(200, {
    object: 'list',
    data: page.views.map(videoOf),
    first_id: page.firstId,
    last_id: page.lastId,
    has_more: page.hasMore,
  })
}

function deleted(view: TaskView): { answer: Answer; removes: boolean } {
  if (!isTerminal(view.phase)) {
    const message = 'A video can only be deleted once it is completed or failed.'
    return { answer: errorAnswer(400, 'invalid_request', message), removes: false }
  }
  const { id } = view.task
  return { answer: jsonAnswer(200, { id, object: 'video.deleted', deleted: true }), removes: true }
}

export const openai: Dialect = {
  name: 'openai',
  needsKey: true,
  modelDefault: 'sora-2',
  models: ['sora-2', 'sora-2-pro'],
  remixes: true,
  newId: (ids, nowMs) => ids.id('video', nowMs),
  refusal,
  created: (task) => jsonAnswer(200, videoOf(waitingView(task))),
  polled: (view) => jsonAnswer(200, videoOf(view)),
  notReady: (view) =>
    errorAnswer(404, 'not_found', `Video is not ready yet, GET /v1/videos/${view.task.id} tells its status.`),
  missing: (id) => errorAnswer(404, 'not_found', `Video with id '${id}' not found.`),
  error: errorAnswer,
  unrouted: (path) => errorAnswer(404, 'unknown_url', `Invalid URL (${path})`),
  deleted,
  listed,
}
