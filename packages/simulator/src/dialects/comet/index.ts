import { htmlAnswer, jsonAnswer, type Answer } from '../../answer.ts'
import { schemeAuth } from '../../auth.ts'
import { PLAIN_RESULTS, type Dialect, type NewId, type Refusal } from '../../dialect.ts'
import type { Phase } from '../../phase.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { errorAnswer as klingError } from '../kling/answers.ts'
import { createdAt, finishedAt, isFailure, modelOf, present, progressOf } from '../video-object/fields.ts'
import { PARENT, videoRoutes } from '../video-object/routes.ts'
import { cometCallback, NATIVE_ROUTES, nativeIdForm, taskNotExist } from './native.ts'
import { wrapped } from './wrapped.ts'

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

function wordOf(view: TaskView): string {
  return view.word ?? (view.task.script.upperCase ? UPPER_WORDS : LOWER_WORDS)[view.phase]
}

function errorAnswer({ status, code, message }: Refusal): Answer {
  return jsonAnswer(status, {
    error: { message: `${message} (request id: sim-0)`, type: 'comet_api_error', param: '', code },
  })
}

function refused(message: string): Answer {
  return errorAnswer({ status: 400, code: 'invalid_request', message })
}

function refuse({ broken, fields, params }: SimulatorRequest): Answer | null {
  if (broken !== null) return refused(broken)
  for (const name of params[PARENT] === undefined ? ['model', 'prompt'] : ['prompt']) {
    if (textField(fields, name).trim() === '') return refused(`${name} is required`)
  }
  return null
}

function created({ task }: TaskView): Answer {
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

function polled(view: TaskView, verbs: Verbs): Answer {
  return view.task.script.wrapper ? wrapped(view, verbs) : plain(view, verbs.link(view))
}

/** The public list, which wants no key. */
function catalog({ models }: Verbs): Answer {
  const data = models.map((id) => ({ id, provider: 'sim', model_type: 'video', features: [] }))
  return jsonAnswer(200, { success: true, page: 1, page_size: 100, total: data.length, data })
}

function notReady(view: TaskView): Answer {
  const message = `Task is not completed yet, current status: ${wordOf(view)}`
  return jsonAnswer(400, { error: { message, type: 'invalid_request_error' } })
}

/** A code of digits is Kling's own word, passed on. */
function errorOn(refusal: Refusal, path: string): Answer {
  const isKlings = path.startsWith('/kling/') && /^\d+$/u.test(refusal.code)
  return isKlings ? klingError(refusal) : errorAnswer(refusal)
}

function newId({ ids, path }: NewId): string {
  switch (nativeIdForm(path)) {
    case 'digits':
      return ids.digits(18)
    case 'uuid':
      return ids.uuid()
    case null:
      return `task_${ids.hex(13)}`
  }
}

/** CometAPI: `/v1/videos` for many makers' models, and the makers' own APIs on routes beside it. */
export const comet: Dialect = {
  name: 'comet',
  title: 'CometAPI',
  environment: (url, key) => ({ COMETAPI_KEY: key, COMETAPI_BASE_URL: url }),
  auth: schemeAuth('Bearer'),
  modelDefault: 'wan2.6',
  models: [
    'wan2.6',
    'doubao-seedance-2-0',
    'veo3.1',
    'sora-2',
    'kling-v2-6',
    'gen4_turbo',
    'grok-imagine-video',
  ],
  routes: [
    ...videoRoutes({ refuse, created, polled, notReady, error: errorAnswer, remixes: true }),
    ...NATIVE_ROUTES,
    { kind: 'other', method: 'GET', path: /^\/api\/models$/u, needsKey: false, answer: catalog },
  ],
  newId,
  idKeys: ['id', 'task_id', 'request_id', 'external_task_id'],
  results: PLAIN_RESULTS,
  repeats: 'new-task',
  callback: cometCallback,
  error: errorOn,
  missing: taskNotExist,
  notReady,
  unrouted: () => htmlAnswer(301, 'Moved Permanently', { location: '/' }),
}
