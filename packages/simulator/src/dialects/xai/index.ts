import { emptyAnswer } from '../../answer.ts'
import { schemeAuth } from '../../auth.ts'
import type { Dialect, Wish } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import { created, errorAnswer, models, noSuchRequest, notReady, video } from './answers.ts'
import { refuse, XAI_MODELS } from './refuse.ts'

/** Links are temporary, and it does not say for how long: an hour is assumed. */
const LINK_LIFE_MS = 3_600_000

function read({ fields }: SimulatorRequest): Wish {
  return { prompt: textField(fields, 'prompt'), model: textField(fields, 'model') }
}

/** Grok Imagine at xAI. It has neither cancels nor callbacks. */
export const xai: Dialect = {
  name: 'xai',
  title: 'xAI Grok Imagine',
  environment: (url, key) => ({ XAI_API_KEY: key, XAI_BASE_URL: url }),
  auth: schemeAuth('Bearer'),
  modelDefault: 'grok-imagine-video',
  models: XAI_MODELS,
  routes: [
    {
      kind: 'create',
      method: 'POST',
      path: /^\/v1\/videos\/(?<kind>generations|edits|extensions)$/u,
      read,
      refuse,
      answer: created,
    },
    { kind: 'poll', method: 'GET', path: /^\/v1\/videos\/(?<id>[^/]+)$/u, answer: video },
    { kind: 'other', method: 'GET', path: /^\/v1\/models$/u, answer: models },
  ],
  newId: ({ ids }) => ids.uuid(),
  idKeys: ['request_id'],
  results: { origin: 'other', ttlMs: LINK_LIFE_MS, refreshes: false, needsKey: false },
  // Assumed: nobody publishes them.
  renderTimes: {
    'grok-imagine-video': { medianMs: 25_000, sigma: 0.35 },
    'grok-imagine-video-1.5': { medianMs: 40_000, sigma: 0.35 },
  },
  repeats: 'new-task',
  error: errorAnswer,
  missing: noSuchRequest,
  notReady,
  unrouted: () => errorAnswer({ status: 404, code: 'not_found', message: 'There is nothing at this path.' }),
  // While it goes on, the body is empty at times.
  bare: () => emptyAnswer(202),
}
