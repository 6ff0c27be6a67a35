import { jsonAnswer } from '../../answer.ts'
import { schemeAuth } from '../../auth.ts'
import type { CreateRoute, Dialect, NewId, Wish } from '../../dialect.ts'
import { isTerminal } from '../../phase.ts'
import { headerOf, recordField, textField, type SimulatorRequest } from '../../request.ts'
import {
  cancelled,
  created,
  DATA_LIFE_MS,
  errorAnswer,
  list,
  noSuchThing,
  notReady,
  prediction,
} from './answers.ts'
import { replicateCallback } from './callback.ts'
import { upload } from './files.ts'
import { REPLICATE_MODELS, REPLICATE_RENDER_TIMES, versionOf } from './models.ts'
import { refuse } from './refuse.ts'

const MODEL = '(?<model>[^/]+/[^/]+)'

function read({ fields, params }: SimulatorRequest): Wish {
  const version = versionOf(textField(fields, 'version'))
  const model = params['model'] ?? version?.model ?? version?.hash ?? ''
  return { prompt: textField(recordField(fields, 'input'), 'prompt'), model }
}

const WAIT_SECONDS_MAX = 60

/** `Prefer: wait` or `wait=30`: the answer comes with the result, if that is there in time. */
function waitMsOf(request: SimulatorRequest): number {
  const match = /(?:^|,\s*)wait(?:=(?<seconds>\d+))?(?:$|,)/u.exec(headerOf(request, 'prefer'))
  if (match === null) return 0
  return Math.min(WAIT_SECONDS_MAX, Number(match.groups?.['seconds'] ?? WAIT_SECONDS_MAX)) * 1000
}

const creates = (path: string): CreateRoute => ({
  kind: 'create',
  method: 'POST',
  path: new RegExp(`^/v1/${path}$`, 'u'),
  read,
  refuse,
  answer: created,
  waits: waitMsOf,
})

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'
const ID_LETTERS = 26

/** 26 letters and digits, as base 32 has them. */
function newId({ ids }: NewId): string {
  return Array.from(Buffer.from(ids.hex(ID_LETTERS), 'hex'), (byte) => LETTERS[byte % LETTERS.length]).join(
    '',
  )
}

/** Replicate: predictions of its own models, and of versions of others. */
export const replicate: Dialect = {
  name: 'replicate',
  title: 'Replicate predictions',
  environment: (url, key) => ({ REPLICATE_API_TOKEN: key, REPLICATE_BASE_URL: url }),
  auth: schemeAuth('Bearer'),
  modelDefault: 'google/veo-3.1',
  models: [...REPLICATE_MODELS.keys()],
  routes: [
    creates(`(?:models|deployments)/${MODEL}/predictions`),
    creates('predictions'),
    { kind: 'list', method: 'GET', path: /^\/v1\/predictions$/u, answer: list },
    { kind: 'poll', method: 'GET', path: /^\/v1\/predictions\/(?<id>[^/]+)$/u, answer: prediction },
    {
      kind: 'cancel',
      method: 'POST',
      path: /^\/v1\/predictions\/(?<id>[^/]+)\/cancel$/u,
      effect: (phase) => (isTerminal(phase) ? 'nothing' : 'cancels'),
      answer: cancelled,
    },
    { kind: 'other', method: 'POST', path: /^\/v1\/files$/u, answer: upload },
    {
      kind: 'other',
      role: 'keys',
      method: 'GET',
      path: /^\/v1\/webhooks\/default\/secret$/u,
      answer: ({ secrets }) => jsonAnswer(200, { key: secrets.hmac }),
    },
    {
      kind: 'other',
      method: 'GET',
      path: /^\/v1\/account$/u,
      answer: () => jsonAnswer(200, { type: 'organization', username: 'simulated', name: 'Simulated' }),
    },
  ],
  newId,
  idKeys: ['id', 'urls'],
  results: { origin: 'other', ttlMs: DATA_LIFE_MS, refreshes: false, needsKey: false },
  renderTimes: REPLICATE_RENDER_TIMES,
  // 3000 requests a minute beside the creates.
  limits: { looksPerSecond: 50 },
  repeats: 'new-task',
  callback: replicateCallback,
  error: errorAnswer,
  missing: noSuchThing,
  notReady,
  unrouted: noSuchThing,
  bare: (id) => jsonAnswer(200, { id }),
}
