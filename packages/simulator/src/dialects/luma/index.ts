import { jsonAnswer } from '../../answer.ts'
import { schemeAuth } from '../../auth.ts'
import type { Dialect, Wish } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import { created, deleted, errorAnswer, generation, list, noSuchGeneration, notReady } from './answers.ts'
import { lumaCallback } from './callback.ts'
import { LUMA_MODELS, refuse } from './refuse.ts'

const GENERATION = /^\/dream-machine\/v1\/generations\/(?<id>[^/]+)$/u

function read({ fields }: SimulatorRequest): Wish {
  return { prompt: textField(fields, 'prompt'), model: textField(fields, 'model') }
}

/** Ray at Luma's Dream Machine API. */
export const luma: Dialect = {
  name: 'luma',
  title: 'Luma Dream Machine',
  environment: (url, key) => ({ LUMAAI_API_KEY: key, LUMAAI_BASE_URL: `${url}/dream-machine/v1` }),
  auth: schemeAuth('Bearer'),
  modelDefault: 'ray-2',
  models: LUMA_MODELS,
  routes: [
    {
      kind: 'create',
      method: 'POST',
      path: /^\/dream-machine\/v1\/generations(?:\/video)?$/u,
      read,
      refuse,
      answer: created,
    },
    { kind: 'list', method: 'GET', path: /^\/dream-machine\/v1\/generations$/u, answer: list },
    { kind: 'poll', method: 'GET', path: GENERATION, answer: generation },
    // It is gone, whether it has ended or not.
    { kind: 'delete', method: 'DELETE', path: GENERATION, effect: () => 'removes', answer: deleted },
    {
      kind: 'other',
      method: 'GET',
      path: /^\/dream-machine\/v1\/credits$/u,
      answer: () => jsonAnswer(200, { credit_balance: 100_000 }),
    },
    {
      kind: 'other',
      method: 'GET',
      path: /^\/dream-machine\/v1\/ping$/u,
      answer: () => jsonAnswer(200, { message: 'pong' }),
    },
    {
      kind: 'other',
      method: 'GET',
      path: /^\/dream-machine\/v1\/generations\/concepts\/list$/u,
      answer: () => jsonAnswer(200, ['dolly_zoom', 'orbit_left', 'push_in']),
    },
  ],
  newId: ({ ids }) => ids.uuid(),
  idKeys: ['id'],
  // No source says how long its links live.
  results: { origin: 'other', ttlMs: null, refreshes: false, needsKey: false },
  // Assumed: nobody publishes them.
  renderTimes: {
    'ray-2': { medianMs: 90_000, sigma: 0.35 },
    'ray-flash-2': { medianMs: 35_000, sigma: 0.3 },
  },
  repeats: 'new-task',
  callback: lumaCallback,
  error: errorAnswer,
  missing: noSuchGeneration,
  notReady,
  unrouted: () => jsonAnswer(404, { detail: 'Not Found' }),
  bare: (id) => jsonAnswer(200, { id }),
}
