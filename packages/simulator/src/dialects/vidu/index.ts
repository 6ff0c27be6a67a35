import { schemeAuth } from '../../auth.ts'
import type { Dialect } from '../../dialect.ts'
import { textField } from '../../request.ts'
import { cancelled, coverAnswer, created, creations, list } from './answers.ts'
import { viduCallback } from './callback.ts'
import { refuseVidu } from './refuse-vidu.ts'
import { refused, taskNotFound, viduError } from './vidu-error.ts'
import { VIDU_MODELS } from './vidu-models.ts'

/** Vidu. */
export const vidu: Dialect = {
  name: 'vidu',
  title: 'Vidu',
  environment: (url, key) => ({ VIDU_API_KEY: key, VIDU_BASE_URL: url }),
  auth: schemeAuth('Token'),
  modelDefault: 'viduq3-pro',
  models: Object.keys(VIDU_MODELS),
  routes: [
    {
      kind: 'create',
      method: 'POST',
      path: /^\/ent\/v2\/(?:text2video|img2video|start-end2video|reference2video)$/u,
      // The payload is repeated, and does not stop a second job.
      read: ({ fields }) => ({
        prompt: textField(fields, 'prompt'),
        model: textField(fields, 'model'),
        clientToken: textField(fields, 'payload') || null,
      }),
      refuse: refuseVidu,
      answer: created,
    },
    { kind: 'poll', method: 'GET', path: /^\/ent\/v2\/tasks\/(?<id>[^/]+)\/creations$/u, answer: creations },
    {
      kind: 'cancel',
      method: 'POST',
      path: /^\/ent\/v2\/tasks\/(?<id>[^/]+)\/cancel$/u,
      effect: (phase) => (phase === 'queued' ? 'cancels' : 'nothing'),
      answer: cancelled,
    },
    { kind: 'list', method: 'GET', path: /^\/ent\/v2\/tasks$/u, answer: list },
    {
      kind: 'other',
      method: 'GET',
      path: /^\/covers\/[^/]+\.png$/u,
      needsKey: false,
      answer: coverAnswer,
    },
  ],
  newId: ({ ids }) => ids.digits(18),
  idKeys: ['task_id', 'id'],
  results: { origin: 'other', ttlMs: 86_400_000, refreshes: false, needsKey: false },
  renderTimes: {
    default: { medianMs: 80_000, sigma: 0.3 },
    'viduq3-turbo': { medianMs: 45_000, sigma: 0.25 },
    'viduq2-turbo': { medianMs: 40_000, sigma: 0.25 },
  },
  repeats: 'new-task',
  // It publishes none: assumed.
  limits: { inFlightMax: 10 },
  callback: viduCallback,
  error: viduError,
  missing: taskNotFound,
  notReady: () => refused('OperationInProcess', 'operation in process, please retry later'),
  unrouted: () => viduError({ status: 404, code: 'NotFound', message: 'not found' }),
}
