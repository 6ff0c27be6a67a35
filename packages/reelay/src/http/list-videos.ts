import { VIDEO_STATUSES, type Video, type VideoPage, type VideoStatus } from '@reelay/sdk'
import type { ListQuery } from '../store/store.ts'
import type { Task } from '../task/task.ts'
import { statesOf, wireStatus } from '../task/wire-status.ts'
import { invalidValue } from './api-error.ts'
import { jsonAnswer, profileOf, projectOf, VARY, type Exchange } from './exchange.ts'
import { viewTask } from './find-video.ts'

const LIMIT_DEFAULT = 20
const LIMIT_MAX = 100
const MODEL_CHARACTERS_MAX = 256

/** `GET /v1/videos`: one keyset page. */
export async function listVideos(exchange: Exchange): Promise<Response> {
  const query = await queryOf(exchange, new URL(exchange.request.url).searchParams)
  const { shared } = exchange
  const page = query === null ? { tasks: [], hasMore: false } : await shared.store.listTasks(query)
  const completed = page.tasks.filter(({ state }) => state === 'completed').map(({ id }) => id)
  // In one question: one for each would take all connections from other requests.
  const files = completed.length === 0 ? undefined : await shared.store.artifactsOf(completed)
  const profile = profileOf(exchange)
  const view = async (task: Task): Promise<Video> =>
    viewTask(shared, task, profile, files?.get(task.id) ?? [])
  const body: VideoPage = {
    object: 'list',
    data: await Promise.all(page.tasks.map(view)),
    first_id: page.tasks.at(0)?.id ?? null,
    last_id: page.tasks.at(-1)?.id ?? null,
    has_more: page.hasMore,
  }
  return jsonAnswer(body, { vary: VARY })
}

/** Null when nothing can match. @throws ApiError `invalid_value` */
async function queryOf(exchange: Exchange, query: URLSearchParams): Promise<ListQuery | null> {
  const projectId = projectOf(exchange)
  const status = statusOf(query.get('status'))
  const profile = profileOf(exchange)
  const states = status === null ? null : statesOf(status, profile)
  const order = query.get('order') ?? 'desc'
  if (order !== 'asc' && order !== 'desc') throw invalidValue('order', 'order must be asc or desc.')
  const model = query.get('model')
  if ((model ?? '').length > MODEL_CHARACTERS_MAX) throw invalidValue('model', 'model is too long.')
  const limit = limitOf(query.get('limit'))
  const after = await afterOf(exchange, query.get('after'))
  if (states !== null && states.length === 0) return null
  return { projectId, limit, order, after, states, runningWaits: runningWaits(status), model }
}

/** A running task is queued or in progress, depending on what its provider says. */
function runningWaits(status: VideoStatus | null): boolean | null {
  if (status === wireStatus('running', true, 'comet')) return true
  return status === wireStatus('running', false, 'comet') ? false : null
}

function statusOf(name: string | null): VideoStatus | null {
  if (name === null) return null
  const status = VIDEO_STATUSES.find((known) => known === name)
  if (status !== undefined) return status
  throw invalidValue('status', `status must be one of ${VIDEO_STATUSES.join(', ')}.`)
}

function limitOf(text: string | null): number {
  if (text === null) return LIMIT_DEFAULT
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= LIMIT_MAX) return limit
  throw invalidValue('limit', `limit must be a whole number from 1 to ${LIMIT_MAX}.`)
}

async function afterOf(exchange: Exchange, id: string | null): Promise<ListQuery['after']> {
  if (id === null) return null
  const position = await exchange.shared.store.positionOf(projectOf(exchange), id)
  if (position !== undefined) return position
  throw invalidValue('after', 'after must be the id of a video: use last_id of the page before.')
}
