import { jsonAnswer, type Answer } from '../answer.ts'
import type { Dialect, ListQuery } from '../dialect.ts'
import { textField, type Submission } from '../submission.ts'
import { waitingView, type TaskView } from '../task.ts'
import { createdAt, finishedAt, isFailure, modelOf, openaiWord, progressOf, secondsOf } from './fields.ts'
import { pageOf } from './page.ts'

function detail(status: number, message: string): Answer {
  return jsonAnswer(status, { detail: message })
}

function refusal(submission: Submission): Answer | null {
  const { bodyKind, broken, fields, files } = submission
  if (bodyKind === 'multipart') {
    if (textField(fields, 'prompt') === '') return detail(400, 'prompt is required')
    if (!files.some((file) => file.field === 'input_reference')) {
      return detail(400, 'input_reference file is required')
    }
  }
  if (bodyKind === 'form') return detail(400, 'Invalid request body: prompt: Field required')
  if (broken !== null) return detail(400, `Invalid request body: ${broken}`)
  if (textField(fields, 'prompt') === '') return detail(400, 'Invalid request body: prompt: Field required')
  const seconds = textField(fields, 'seconds')
  if (seconds !== '' && !/^\d+$/u.test(seconds)) {
    return detail(400, 'Invalid request body: seconds: Input should be a valid integer')
  }
  return null
}

function jobOf(view: TaskView, status: string): object {
  const { task } = view
  return {
    id: task.id,
    object: 'video',
    model: modelOf(task),
    status,
    // The engine reports nothing between the start and the end, unless the script says so.
    progress: view.progress === undefined && view.phase === 'running' ? 0 : progressOf(view),
    created_at: createdAt(task),
    size: textField(task.fields, 'size') || '720x1280',
    seconds: secondsOf(task, '4'),
    quality: 'standard',
    remixed_from_video_id: null,
    completed_at: view.phase === 'done' ? finishedAt(view) : null,
    expires_at: null,
    error: isFailure(view) ? { message: task.script.failure.message } : null,
    file_path: `outputs/${task.id}.mp4`,
  }
}

/** Neither `has_more` nor the first and last id. */
function listed(views: readonly TaskView[], query: ListQuery): Answer {
  const data = pageOf(views, query, null).views.map((view) => jobOf(view, openaiWord(view)))
  return jsonAnswer(200, { data, object: 'list' })
}

function uuid(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5')
}

/** SGLang's diffusion server. */
export const sglang: Dialect = {
  name: 'sglang',
  needsKey: false,
  modelDefault: 'Wan-AI/Wan2.1-T2V-1.3B-Diffusers',
  models: ['Wan-AI/Wan2.1-T2V-1.3B-Diffusers'],
  remixes: false,
  newId: (ids) => uuid(Buffer.from(ids.secret(16), 'base64url').toString('hex')),
  refusal,
  created: (task) => jsonAnswer(200, jobOf(waitingView(task), 'queued')),
  polled: (view) => jsonAnswer(200, jobOf(view, openaiWord(view))),
  notReady: () => detail(404, 'Generation is still in-progress'),
  missing: () => detail(404, 'Video not found'),
  error: (status, _code, message) => detail(status, message),
  unrouted: () => detail(404, 'Not Found'),
  deleted: (view) => ({ answer: jsonAnswer(200, jobOf(view, 'deleted')), removes: true }),
  listed,
}
