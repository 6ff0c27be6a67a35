import { jsonAnswer } from '../../answer.ts'
import { schemeAuth } from '../../auth.ts'
import type { Dialect, Wish } from '../../dialect.ts'
import { isTerminal } from '../../phase.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import {
  cancelAnswer,
  created,
  errorAnswer,
  noSuchRequest,
  resultAnswer,
  statusAnswer,
  stillInProgress,
} from './answers.ts'
import { falCallback } from './callback.ts'

/** The paths of a request name the owner and the app, and nothing of what may follow in the model's name. */
const REQUEST = '/(?<owner>[^/]+)/(?<app>[^/]+)/requests/(?<id>[^/]+)'

function read({ fields, params }: SimulatorRequest): Wish {
  return { prompt: textField(fields, 'prompt'), model: params['model'] ?? '' }
}

/** fal's queue. */
export const fal: Dialect = {
  name: 'fal',
  title: 'fal queue',
  environment: (url, key) => ({ FAL_KEY: key, FAL_BASE_URL: url }),
  auth: schemeAuth('Key'),
  modelDefault: 'fal-ai/veo3.1',
  models: ['fal-ai/veo3.1', 'fal-ai/kling-video/v2.5-turbo/pro/text-to-video'],
  // Where to ask for a job is told in the create's answer: the paths here are those that it gives.
  routes: [
    {
      kind: 'other',
      role: 'keys',
      method: 'GET',
      path: /^\/\.well-known\/jwks\.json$/u,
      needsKey: false,
      answer: ({ secrets: { ed25519, previous } }) =>
        jsonAnswer(200, { keys: [ed25519.publicJwk, previous.ed25519.publicJwk] }),
    },
    {
      kind: 'create',
      method: 'POST',
      path: /^\/(?<model>[^/]+\/[^/]+(?:\/[^/]+)*)$/u,
      read,
      // What the model makes of its input shows only once it runs.
      refuse: ({ broken }) =>
        broken === null ? null : errorAnswer({ status: 422, code: 'json_invalid', message: broken }),
      answer: created,
    },
    { kind: 'poll', method: 'GET', path: new RegExp(`^${REQUEST}/status$`, 'u'), answer: statusAnswer },
    { kind: 'look', method: 'GET', path: new RegExp(`^${REQUEST}$`, 'u'), answer: resultAnswer },
    {
      kind: 'cancel',
      method: 'PUT',
      path: new RegExp(`^${REQUEST}/cancel$`, 'u'),
      effect: (phase) => (isTerminal(phase) ? 'nothing' : 'requests'),
      answer: cancelAnswer,
      missing: () => jsonAnswer(404, { status: 'NOT_FOUND' }),
    },
  ],
  newId: ({ ids }) => ids.uuid(),
  idKeys: ['request_id', 'status_url', 'response_url', 'cancel_url'],
  results: { origin: 'other', ttlMs: null, refreshes: false, needsKey: false },
  repeats: 'new-task',
  callback: falCallback,
  error: errorAnswer,
  missing: noSuchRequest,
  notReady: stillInProgress,
  unrouted: () => jsonAnswer(404, { detail: 'Not Found' }),
}
