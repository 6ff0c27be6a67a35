import { jsonAnswer, type Answer } from '../../answer.ts'
import { headerAuth } from '../../auth.ts'
import type { Dialect, Wish } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'
import { created, errorAnswer, noSuchTask, resultAnswer } from './answers.ts'
import { faultsOf } from './request-rules.ts'

const TEN_MINUTES_MS = 600_000

function read({ fields, params }: SimulatorRequest): Wish {
  return { prompt: textField(fields, 'prompt'), model: params['model'] ?? '' }
}

const noSuchPath = (): Answer => jsonAnswer(404, { detail: 'Not Found' })

function refuse({ fields, broken, params }: SimulatorRequest, { models }: Verbs): Answer | null {
  // Each model is a path of its own.
  if (!models.includes(params['model'] ?? '')) return noSuchPath()
  if (broken !== null) {
    const detail = [{ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} }]
    return jsonAnswer(422, { detail })
  }
  const faults = faultsOf(fields)
  return faults.length === 0 ? null : jsonAnswer(422, { detail: faults })
}

/** FLUX video of Black Forest Labs. */
export const blackForestLabs: Dialect = {
  name: 'black-forest-labs',
  title: 'Black Forest Labs',
  environment: (url, key) => ({ BFL_API_KEY: key, BFL_BASE_URL: `${url}/v1` }),
  auth: headerAuth('x-key'),
  modelDefault: 'flux-3-video',
  models: ['flux-3-video'],
  routes: [
    {
      kind: 'poll',
      method: 'GET',
      path: /^\/v1\/get_result$/u,
      idOf: ({ query }) => query.get('id') ?? '',
      answer: resultAnswer,
    },
    { kind: 'create', method: 'POST', path: /^\/v1\/(?<model>[^/]+)$/u, read, refuse, answer: created },
  ],
  newId: ({ ids }) => ids.uuid(),
  idKeys: ['id', 'polling_url'],
  // On a host for deliveries, signed for ten minutes.
  results: { origin: 'other', ttlMs: TEN_MINUTES_MS, refreshes: false, needsKey: false },
  // Nobody has measured it: assumed.
  renderTimes: { default: { medianMs: 90_000, sigma: 0.3 } },
  repeats: 'new-task',
  limits: { inFlightMax: 24 },
  error: errorAnswer,
  missing: noSuchTask,
  notReady: ({ task }) => noSuchTask(task.id),
  unrouted: noSuchPath,
}
