import { jsonAnswer } from '../../answer.ts'
import { jwtAuth, type Auth } from '../../auth.ts'
import type { Dialect } from '../../dialect.ts'
import { errorAnswer, errorOf, noSuchTask, notReady, polled } from './answers.ts'
import { klingCallback } from './callback.ts'
import { ALL_KLING_MODELS, KLING_RENDER_TIMES } from './models.ts'
import { klingRoutes } from './routes.ts'

const MONTH_MS = 30 * 86_400_000

/** A key by itself, or a token that the caller signs with the pair of his keys. */
const signed = jwtAuth((why) =>
  why === 'expired'
    ? errorOf(401, 1004, 'Authorization has expired')
    : errorOf(401, 1003, 'Authorization is not yet valid'),
)

const auth: Auth = {
  isRequired: true,
  identify: (request, keys, nowMs) =>
    signed.identify(request, keys, nowMs) ?? { refused: errorOf(401, 1001, 'Authorization is empty') },
}

/** Kling: text, frames or several pictures to a video. */
export const kling: Dialect = {
  name: 'kling',
  title: 'Kling',
  environment: (url, key) => {
    const [access, secret] = key.split(':', 2)
    const keys =
      secret === undefined
        ? { KLING_API_KEY: key }
        : { KLING_ACCESS_KEY: access ?? '', KLING_SECRET_KEY: secret }
    return { ...keys, KLING_BASE_URL: url }
  },
  auth,
  modelDefault: 'kling-v1',
  models: ALL_KLING_MODELS,
  routes: klingRoutes({ prefix: '', polled, missing: noSuchTask }),
  // More digits than a number of JSON keeps.
  newId: ({ ids }) => ids.digits(18),
  idKeys: ['task_id', 'external_task_id'],
  results: { origin: 'other', ttlMs: MONTH_MS, refreshes: false, needsKey: false },
  renderTimes: KLING_RENDER_TIMES,
  // As many as the resource pack has: five is assumed.
  limits: { inFlightMax: 5 },
  // Its pages ask for ids of one's own that are new, and do not say what one that is known does.
  repeats: 'by-marker',
  callback: klingCallback,
  error: errorAnswer,
  missing: noSuchTask,
  notReady,
  unrouted: () => errorOf(404, 1202, 'The requested method is invalid'),
  bare: (id) => jsonAnswer(200, { code: 0, message: 'SUCCEED', request_id: 'sim-0', data: { task_id: id } }),
}
