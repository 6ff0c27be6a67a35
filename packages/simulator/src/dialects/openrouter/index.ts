import { schemeAuth } from '../../auth.ts'
import type { Dialect } from '../../dialect.ts'
import { textField } from '../../request.ts'
import { created, job, key, models } from './answers.ts'
import { openrouterCallback } from './callback.ts'
import { badRequest, NO_SUCH_JOB, openrouterError } from './openrouter-error.ts'
import { OPENROUTER_MODELS } from './openrouter-models.ts'
import { refuseOpenrouter } from './refuse-openrouter.ts'

/** OpenRouter's videos. */
export const openrouter: Dialect = {
  name: 'openrouter',
  title: 'OpenRouter videos',
  environment: (url, apiKey) => ({ OPENROUTER_API_KEY: apiKey, OPENROUTER_BASE_URL: `${url}/api/v1` }),
  auth: schemeAuth('Bearer'),
  modelDefault: 'google/veo-3.1',
  models: Object.keys(OPENROUTER_MODELS),
  routes: [
    {
      kind: 'create',
      method: 'POST',
      path: /^\/api\/v1\/videos$/u,
      read: ({ fields }) => ({ prompt: textField(fields, 'prompt'), model: textField(fields, 'model') }),
      refuse: refuseOpenrouter,
      answer: created,
    },
    {
      kind: 'other',
      method: 'GET',
      path: /^\/api\/v1\/videos\/models$/u,
      needsKey: false,
      answer: models,
    },
    { kind: 'other', method: 'GET', path: /^\/api\/v1\/key$/u, answer: key },
    { kind: 'poll', method: 'GET', path: /^\/api\/v1\/videos\/(?<id>[^/]+)$/u, answer: job },
    {
      kind: 'content',
      method: 'GET',
      path: /^\/api\/v1\/videos\/(?<id>[^/]+)\/content$/u,
      answer: (view, verbs, request) => {
        if (view.phase !== 'done') return badRequest('Video generation is not completed')
        const isFirst = (request.query.get('index') ?? '0') === '0'
        return isFirst
          ? verbs.file(view, request)
          : openrouterError({ status: 404, code: 'not_found', message: NO_SUCH_JOB })
      },
    },
  ],
  newId: ({ ids }) => `job-${ids.hex(12)}`,
  idKeys: ['id', 'polling_url'],
  // Where signed links lead, and how long they live, is assumed.
  results: { origin: 'other', ttlMs: 86_400_000, refreshes: true, needsKey: false },
  renderTimes: {
    default: { medianMs: 95_000, sigma: 0.35 },
    'google/veo-3.1-fast': { medianMs: 60_000, sigma: 0.3 },
  },
  repeats: 'new-task',
  callback: openrouterCallback,
  error: openrouterError,
  missing: () => openrouterError({ status: 404, code: 'not_found', message: NO_SUCH_JOB }),
  notReady: () => badRequest('Video generation is not completed'),
  unrouted: () => openrouterError({ status: 404, code: 'not_found', message: 'Not Found' }),
}
