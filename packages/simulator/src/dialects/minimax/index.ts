import { schemeAuth, type Auth } from '../../auth.ts'
import type { Answer } from '../../answer.ts'
import type { Dialect, Route } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'
import * as v1 from './answers-v1.ts'
import * as v2 from './answers-v2.ts'
import { minimaxCallback } from './callback.ts'
import { invalidParams, isV2, minimaxError } from './minimax-error.ts'
import { H3_MODELS, HAILUO_MODELS } from './minimax-models.ts'
import { promptOf, refuseMinimax } from './refuse-minimax.ts'

const bearer = schemeAuth('Bearer')

const LOGIN_FAIL =
  "login fail: Please carry the API secret key in the 'Authorization' field of the request header"

/** A key that is missing and one that is wrong have codes of their own. */
const auth: Auth = {
  isRequired: true,
  identify: (request, keys, nowMs) =>
    bearer.identify(request, keys, nowMs) ?? {
      refused: minimaxError({ status: 401, code: '1004', message: LOGIN_FAIL }, request.path),
    },
}

/** Either generation knows its own jobs only. */
function ofV1(id: string, verbs: Verbs): string {
  const view = verbs.find(id)
  return view === null || isV2(view.task.path) ? '' : id
}

function ofV2({ params }: SimulatorRequest, verbs: Verbs): string {
  const id = params['id'] ?? ''
  const view = verbs.find(id)
  return view !== null && v2.isKnown(view) ? id : ''
}

/** That the first generation has the words of the second for it is assumed. */
const missing = (_id: string, { path }: SimulatorRequest): Answer =>
  minimaxError({ status: 400, code: '2013', message: 'invalid task_id' }, path)

const V1_ROUTES: readonly Route[] = [
  {
    kind: 'create',
    method: 'POST',
    path: /^\/v1\/video_generation$/u,
    read: ({ fields }) => ({ prompt: textField(fields, 'prompt'), model: textField(fields, 'model') }),
    refuse: (request) => refuseMinimax(request, 'v1'),
    answer: v1.created,
  },
  {
    kind: 'poll',
    method: 'GET',
    path: /^\/v1\/query\/video_generation$/u,
    idOf: ({ query }, verbs) => ofV1(query.get('task_id') ?? '', verbs),
    answer: v1.status,
  },
  {
    kind: 'look',
    method: 'GET',
    path: /^\/v1\/files\/retrieve$/u,
    idOf: ({ query }, verbs) => ofV1(v1.taskIdOf(query.get('file_id') ?? ''), verbs),
    answer: v1.file,
    missing: (_id, { path }) => v1.noSuchFile(path),
  },
]

const V2_ROUTES: readonly Route[] = [
  {
    kind: 'create',
    method: 'POST',
    path: /^\/v2\/video_generation$/u,
    read: ({ fields }) => ({ prompt: promptOf(fields), model: textField(fields, 'model') }),
    refuse: (request) => refuseMinimax(request, 'v2'),
    answer: v2.created,
  },
  { kind: 'list', method: 'GET', path: /^\/v2\/query\/video_generation$/u, answer: v2.list },
  {
    kind: 'poll',
    method: 'GET',
    path: /^\/v2\/query\/video_generation\/(?<id>[^/]+)$/u,
    idOf: ofV2,
    answer: v2.status,
  },
  {
    kind: 'delete',
    method: 'DELETE',
    path: /^\/v2\/video_generation\/(?<id>[^/]+)$/u,
    idOf: ofV2,
    effect: v2.endEffect,
    answer: v2.ended,
  },
]

/** MiniMax: both generations of its video routes behind one key. */
export const minimax: Dialect = {
  name: 'minimax',
  title: 'MiniMax video, v1 and v2',
  environment: (url, key) => ({ MINIMAX_API_KEY: key, MINIMAX_BASE_URL: url }),
  auth,
  modelDefault: 'MiniMax-H3',
  models: [...Object.keys(H3_MODELS), ...Object.keys(HAILUO_MODELS)],
  routes: [...V1_ROUTES, ...V2_ROUTES],
  // Its own have 15 digits. These are longer than a JavaScript number is exact, which theirs may become.
  newId: ({ ids }) => ids.digits(18),
  idKeys: ['task_id', 'file_id', 'id'],
  // Nine hours for v1, as third parties say. Of v2 it says that a new look gives a new link.
  results: { origin: 'other', ttlMs: 9 * 3_600_000, refreshes: true, needsKey: false },
  renderTimes: {
    default: { medianMs: 110_000, sigma: 0.3 },
    'MiniMax-Hailuo-2.3-Fast': { medianMs: 55_000, sigma: 0.25 },
    'MiniMax-H3': { medianMs: 150_000, sigma: 0.3 },
    'MiniMax-H3-Max': { medianMs: 60_000, sigma: 0.3 },
  },
  repeats: 'new-task',
  callback: minimaxCallback,
  error: minimaxError,
  missing,
  notReady: ({ task }) => invalidParams('the task has not succeeded', task.path),
  unrouted: ({ path }) =>
    minimaxError({ status: 404, code: 'http_404', message: `no route for ${path}` }, path),
}
