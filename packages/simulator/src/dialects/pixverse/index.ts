import type { Answer } from '../../answer.ts'
import { headerAuth } from '../../auth.ts'
import type { Dialect } from '../../dialect.ts'
import { headerOf, textField } from '../../request.ts'
import { balance, created, result, upload } from './answers.ts'
import { pixverseCallback } from './callback.ts'
import { errCode, pixverseError } from './pixverse-error.ts'
import { PIXVERSE_MODELS } from './pixverse-models.ts'
import { refusePixverse } from './refuse-pixverse.ts'

const notFound = (): Answer => errCode(500008)

/** PixVerse. */
export const pixverse: Dialect = {
  name: 'pixverse',
  title: 'PixVerse',
  environment: (url, key) => ({ PIXVERSE_API_KEY: key, PIXVERSE_BASE_URL: url }),
  auth: headerAuth('api-key'),
  modelDefault: 'v5.5',
  models: Object.keys(PIXVERSE_MODELS),
  routes: [
    {
      kind: 'create',
      method: 'POST',
      path: /^\/openapi\/v2\/video\/(?:text|img|transition)\/generate$/u,
      // Two requests with one trace id are one request.
      read: (request) => ({
        prompt: textField(request.fields, 'prompt'),
        model: textField(request.fields, 'model'),
        clientToken: headerOf(request, 'ai-trace-id') || null,
      }),
      refuse: refusePixverse,
      answer: created,
    },
    { kind: 'poll', method: 'GET', path: /^\/openapi\/v2\/video\/result\/(?<id>[^/]+)$/u, answer: result },
    { kind: 'other', method: 'POST', path: /^\/openapi\/v2\/image\/upload$/u, answer: upload },
    { kind: 'other', method: 'GET', path: /^\/openapi\/v2\/account\/balance$/u, answer: balance },
    {
      kind: 'other',
      method: 'GET',
      path: /^\/uploads\/(?<id>\d+)$/u,
      needsKey: false,
      answer: ({ uploads }, { params }) => {
        const file = uploads.find(params['id'] ?? '')
        return file === undefined
          ? notFound()
          : { status: 200, headers: { 'content-type': file.mime }, body: file.content }
      },
    },
  ],
  newId: ({ ids }) => ids.digits(15),
  idKeys: ['video_id', 'id'],
  // How long links live is not documented.
  results: { origin: 'other', ttlMs: null, refreshes: false, needsKey: false },
  renderTimes: { default: { medianMs: 32_000, sigma: 0.3 }, v6: { medianMs: 60_000, sigma: 0.3 } },
  repeats: 'same-task',
  // As many as were bought; this is assumed for the least of its plans.
  limits: { inFlightMax: 5 },
  callback: pixverseCallback,
  error: pixverseError,
  missing: notFound,
  notReady: notFound,
  unrouted: notFound,
}
