import { jsonAnswer } from '../../answer.ts'
import { schemeAuth, type Auth } from '../../auth.ts'
import type { Dialect, Wish } from '../../dialect.ts'
import { recordField, textField, type SimulatorRequest } from '../../request.ts'
import {
  cancelled,
  created,
  errorAnswer,
  errorOf,
  notPending,
  notReady,
  polled,
  unknownTask,
} from './answers.ts'
import { dashscopeCallback } from './callback.ts'
import { list } from './list.ts'
import { WAN_MODELS, WAN_RENDER_TIMES } from './models.ts'
import { refuse } from './refuse.ts'

const CREATE = /^\/api\/v1\/services\/aigc\/(?:video-generation|image2video)\/video-synthesis$/u
const TASKS = /^\/api\/v1\/tasks\/?$/u
const TASK = /^\/api\/v1\/tasks\/(?<id>[^/]+)$/u
const CANCEL = /^\/api\/v1\/tasks\/(?<id>[^/]+)\/cancel$/u

const LINK_LIFE_MS = 86_400_000

const bearer = schemeAuth('Bearer')

/** It tells a missing key from a wrong one. */
const auth: Auth = {
  isRequired: true,
  identify: (request, keys, nowMs) =>
    bearer.identify(request, keys, nowMs) ?? {
      refused: errorOf(401, 'InvalidApiKey', 'No API-key provided.'),
    },
}

function read({ fields }: SimulatorRequest): Wish {
  return { prompt: textField(recordField(fields, 'input'), 'prompt'), model: textField(fields, 'model') }
}

/** Wan at DashScope, which is Alibaba Cloud Model Studio. */
export const dashscope: Dialect = {
  name: 'dashscope',
  title: 'Alibaba Cloud Model Studio (DashScope)',
  environment: (url, key) => ({ DASHSCOPE_API_KEY: key, DASHSCOPE_BASE_URL: url }),
  auth,
  modelDefault: 'wan2.6-t2v',
  models: [...WAN_MODELS.keys()],
  routes: [
    { kind: 'create', method: 'POST', path: CREATE, read, refuse, answer: created },
    { kind: 'list', method: 'GET', path: TASKS, answer: list },
    { kind: 'poll', method: 'GET', path: TASK, answer: polled },
    {
      kind: 'cancel',
      method: 'POST',
      path: CANCEL,
      effect: (phase) => (phase === 'queued' ? 'cancels' : 'nothing'),
      answer: cancelled,
      missing: notPending,
    },
  ],
  newId: ({ ids }) => ids.uuid(),
  idKeys: ['task_id'],
  results: { origin: 'other', ttlMs: LINK_LIFE_MS, refreshes: false, needsKey: false },
  renderTimes: WAN_RENDER_TIMES,
  limits: { looksPerSecond: 20 },
  repeats: 'new-task',
  callback: dashscopeCallback,
  error: errorAnswer,
  missing: unknownTask,
  notReady,
  unrouted: () => errorAnswer({ status: 404, code: 'not_found', message: '' }),
  bare: (id) => jsonAnswer(200, { output: { task_id: id } }),
}
