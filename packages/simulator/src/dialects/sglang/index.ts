import { jsonAnswer, type Answer } from '../../answer.ts'
import { schemeAuth } from '../../auth.ts'
import { PLAIN_RESULTS, type Dialect } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
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

function detail(status: number, message: string): Answer {
  return jsonAnswer(status, { detail: message })
}

function refuse({ bodyKind, broken, fields, files }: SimulatorRequest): Answer | null {
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
function listed(verbs: Verbs, request: SimulatorRequest): Answer {
  const query = listQuery(request)
  const { views } = pageOf(orderedTasks(verbs, query), query, null)
  return jsonAnswer(200, { data: views.map((view) => jobOf(view, openaiWord(view))), object: 'list' })
}

const notReady = (): Answer => detail(404, 'Generation is still in-progress')

/** SGLang's diffusion server. */
export const sglang: Dialect = {
  name: 'sglang',
  title: 'SGLang diffusion',
  environment: (url, key) => ({
    OPENAI_VIDEO_API_KEY: key,
    OPENAI_VIDEO_BASE_URL: url,
    OPENAI_VIDEO_DIALECT: 'sglang',
  }),
  auth: schemeAuth('Bearer', false),
  modelDefault: 'Wan-AI/Wan2.1-T2V-1.3B-Diffusers',
  models: ['Wan-AI/Wan2.1-T2V-1.3B-Diffusers'],
  routes: videoRoutes({
    refuse,
    created: (view) => jsonAnswer(200, jobOf(view, 'queued')),
    polled: (view) => jsonAnswer(200, jobOf(view, openaiWord(view))),
    notReady,
    error: ({ status, message }) => detail(status, message),
    remixes: false,
    listed,
    deleted: { effect: () => 'removes', answer: (view) => jsonAnswer(200, jobOf(view, 'deleted')) },
  }),
  newId: ({ ids }) => ids.uuid(),
  idKeys: ['id'],
  results: PLAIN_RESULTS,
  repeats: 'new-task',
  error: ({ status, message }) => detail(status, message),
  missing: () => detail(404, 'Video not found'),
  notReady,
  unrouted: () => detail(404, 'Not Found'),
}
