import { jsonAnswer, type Answer } from '../../answer.ts'
import { schemeAuth } from '../../auth.ts'
import { PLAIN_RESULTS, type Dialect, type Refusal } from '../../dialect.ts'
import { isTerminal } from '../../phase.ts'
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
import { openaiCallback } from './callback.ts'

const LINK_SECONDS = 86_400

function errorAnswer({ status, code, message }: Refusal): Answer {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error'
  return jsonAnswer(status, { error: { message, type, param: null, code } })
}

function refused(code: string, message: string): Answer {
  return errorAnswer({ status: 400, code, message })
}

function refuse({ broken, fields }: SimulatorRequest): Answer | null {
  if (broken !== null) return refused('invalid_request', broken)
  if (textField(fields, 'prompt').trim() === '')
    return refused('missing_required_parameter', "Missing required parameter: 'prompt'.")
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

function listed(verbs: Verbs, request: SimulatorRequest): Answer {
  const query = listQuery(request)
  const page = pageOf(orderedTasks(verbs, query), query, 20)
  if (!page.known) return refused('invalid_value', `There is no video '${query.after}' to list after.`)
  return jsonAnswer(200, {
    object: 'list',
    data: page.views.map(videoOf),
    first_id: page.firstId,
    last_id: page.lastId,
    has_more: page.hasMore,
  })
}

function notReady({ task }: TaskView): Answer {
  const message = `Video is not ready yet, GET /v1/videos/${task.id} tells its status.`
  return errorAnswer({ status: 404, code: 'not_found', message })
}

/** OpenAI's own video API, as it was until it was shut down: what others speak too. */
export const openai: Dialect = {
  name: 'openai',
  title: 'OpenAI videos',
  environment: (url, key) => ({ OPENAI_VIDEO_API_KEY: key, OPENAI_VIDEO_BASE_URL: url }),
  auth: schemeAuth('Bearer'),
  modelDefault: 'sora-2',
  models: ['sora-2', 'sora-2-pro'],
  routes: videoRoutes({
    refuse,
    created: (view) => jsonAnswer(200, videoOf(view)),
    polled: (view) => jsonAnswer(200, videoOf(view)),
    notReady,
    error: errorAnswer,
    remixes: true,
    listed,
    deleted: {
      effect: (phase) => (isTerminal(phase) ? 'removes' : 'nothing'),
      answer: ({ task: { id } }, effect) =>
        effect === 'removes'
          ? jsonAnswer(200, { id, object: 'video.deleted', deleted: true })
          : refused('invalid_request', 'A video can only be deleted once it is completed or failed.'),
    },
  }),
  newId: ({ ids }) => `video_${ids.hex(24)}`,
  idKeys: ['id'],
  results: PLAIN_RESULTS,
  repeats: 'new-task',
  callback: openaiCallback,
  error: errorAnswer,
  missing: (id) =>
    errorAnswer({ status: 404, code: 'not_found', message: `Video with id '${id}' not found.` }),
  notReady,
  unrouted: ({ path }) => errorAnswer({ status: 404, code: 'unknown_url', message: `Invalid URL (${path})` }),
}
