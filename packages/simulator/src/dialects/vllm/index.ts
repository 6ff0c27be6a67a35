import { jsonAnswer, type Answer } from '../../answer.ts'
import { schemeAuth } from '../../auth.ts'
import { PLAIN_RESULTS, type Dialect } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import {
  createdAt,
  finishedAt,
  isFailure,
  modelOf,
  openaiWord,
  progressOf,
  secondsOf,
} from '../video-object/fields.ts'
import { listQuery, orderedTasks, pageOf } from '../video-object/page.ts'
import { videoRoutes } from '../video-object/routes.ts'

/** This server's error codes are the HTTP status, as a number. */
function errorAnswer(status: number, message: string): Answer {
  const type = status >= 500 ? 'InternalServerError' : 'BadRequestError'
  return jsonAnswer(status, { error: { message, type, param: null, code: status } })
}

function refuse({ bodyKind, broken, fields }: SimulatorRequest): Answer | null {
  if (bodyKind !== 'multipart')
    return errorAnswer(400, "[{'type': 'missing', 'loc': ('body', 'prompt'), 'msg': 'Field required'}]")
  if (broken !== null) return errorAnswer(400, broken)
  if (textField(fields, 'prompt') === '') return errorAnswer(400, 'prompt: Field required')
  const seconds = textField(fields, 'seconds')
  if (seconds !== '' && !/^[1-9]\d*$/u.test(seconds)) return errorAnswer(400, 'seconds: wants a whole number')
  const size = textField(fields, 'size')
  if (size !== '' && !/^\d+x\d+$/u.test(size)) return errorAnswer(400, 'size: wants WIDTHxHEIGHT')
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

function listed(verbs: Verbs, request: SimulatorRequest): Answer {
  const query = listQuery(request)
  const page = pageOf(orderedTasks(verbs, query), query, null)
  return jsonAnswer(200, {
    first_id: page.firstId,
    last_id: page.lastId,
    has_more: page.hasMore,
    data: page.views.map(jobOf),
    object: 'list',
  })
}

function notReady(view: TaskView): Answer {
  return isFailure(view)
    ? errorAnswer(422, `Video generation failed: ${view.task.script.failure.message}`)
    : errorAnswer(404, 'Video is not ready')
}

/** vLLM-Omni. */
export const vllm: Dialect = {
  name: 'vllm',
  title: 'vLLM-Omni',
  environment: (url, key) => ({
    OPENAI_VIDEO_API_KEY: key,
    OPENAI_VIDEO_BASE_URL: url,
    OPENAI_VIDEO_DIALECT: 'vllm-omni',
  }),
  auth: schemeAuth('Bearer', false),
  modelDefault: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers',
  models: ['Wan-AI/Wan2.2-T2V-A14B-Diffusers'],
  routes: videoRoutes({
    refuse,
    created: (view) => jsonAnswer(200, jobOf(view)),
    polled: (view) => jsonAnswer(jobStatus(view), jobOf(view)),
    notReady,
    error: ({ status, message }) => errorAnswer(status, message),
    remixes: false,
    listed,
    deleted: {
      effect: () => 'removes',
      answer: ({ task }) => jsonAnswer(200, { id: task.id, deleted: true, object: 'video.deleted' }),
    },
  }),
  newId: ({ ids }) => `video_gen_${ids.hex(16)}`,
  idKeys: ['id'],
  results: PLAIN_RESULTS,
  repeats: 'new-task',
  error: ({ status, message }) => errorAnswer(status, message),
  missing: () => errorAnswer(404, 'Video not found'),
  notReady,
  unrouted: () => jsonAnswer(404, { detail: 'Not Found' }),
}
