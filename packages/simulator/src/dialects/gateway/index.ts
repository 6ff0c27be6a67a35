import type { Answer } from '../../answer.ts'
import { schemeAuth } from '../../auth.ts'
import type { Dialect, Wish } from '../../dialect.ts'
import { headerOf, recordField, textField, type SimulatorRequest } from '../../request.ts'
import { created, errorAnswer, eventAnswer, noSuchJob, noSuchModel, statusAnswer } from './answers.ts'
import { gatewayCallback } from './callback.ts'

/** Its base URL ends in the version of its protocol. */
const path = (rest: string): RegExp => new RegExp(`^(?:/v\\d+/ai)?/video-model${rest}$`, 'u')

/** A provider, and a model of its. Which ones there are changes from week to week: all are. */
const MODEL = /^[^/]+\/.+$/u

/** Versions of the specification that its clients may speak. */
const SPECIFICATION = '4'

function read(request: SimulatorRequest): Wish {
  const { fields } = request
  const gateway = recordField(recordField(fields, 'providerOptions'), 'gateway')
  return {
    prompt: textField(fields, 'prompt'),
    model: headerOf(request, 'ai-model-id'),
    clientToken: headerOf(request, 'idempotency-key') || textField(gateway, 'idempotencyKey') || null,
  }
}

function refused(message: string, param: string | null): Answer {
  return errorAnswer({ status: 400, code: 'invalid_request', message }, param)
}

function hasInput(fields: SimulatorRequest['fields']): boolean {
  const inputs = ['image', 'frameImages', 'inputReferences']
  return textField(fields, 'prompt') !== '' || inputs.some((name) => fields[name] !== undefined)
}

/** What it checks itself; the rest is its provider's affair. The words are assumed. */
function refuse(request: SimulatorRequest): Answer | null {
  const { fields, broken } = request
  if (broken !== null) return refused(broken, null)
  const model = headerOf(request, 'ai-model-id')
  if (model === '') return refused('Missing header: ai-model-id', 'ai-model-id')
  if (!MODEL.test(model)) return noSuchModel(model)
  const version = headerOf(request, 'ai-video-model-specification-version')
  if (version !== SPECIFICATION)
    return refused(`Unsupported specification version: ${version}`, 'ai-video-model-specification-version')
  if (!hasInput(fields)) return refused('prompt is required', 'prompt')
  const { n = 1 } = fields
  return typeof n === 'number' && Number.isInteger(n) && n >= 1
    ? null
    : refused('n must be a whole number of 1 or more', 'n')
}

/** The AI Gateway of Vercel: its own wire to a video model, which names the providers behind it. */
export const gateway: Dialect = {
  name: 'gateway',
  title: 'Vercel AI Gateway',
  environment: (url, key) => ({ AI_GATEWAY_API_KEY: key, AI_GATEWAY_BASE_URL: `${url}/v4/ai` }),
  auth: schemeAuth('Bearer'),
  modelDefault: 'alibaba/wan-v2.6-t2v',
  models: ['alibaba/wan-v2.6-t2v', 'klingai/kling-v2.6-t2v', 'google/veo-3.1-generate-001'],
  routes: [
    { kind: 'create', method: 'POST', path: path('/start'), read, refuse, answer: created },
    {
      kind: 'poll',
      method: 'POST',
      path: path('/status'),
      idOf: ({ fields }) => textField(recordField(fields, 'operation'), 'id'),
      answer: statusAnswer,
    },
    { kind: 'create', method: 'POST', path: path(''), read, refuse, answer: eventAnswer, waits: true },
  ],
  newId: ({ ids }) => `vj_${ids.hex(12)}`,
  idKeys: ['operation', 'jobId', 'generationId'],
  results: { origin: 'other', ttlMs: null, refreshes: false, needsKey: false },
  repeats: 'same-task',
  callback: gatewayCallback,
  error: (refusal) => errorAnswer(refusal),
  missing: noSuchJob,
  notReady: noSuchJob,
  unrouted: ({ path: asked }) =>
    errorAnswer({ status: 404, code: 'not_found', message: `There is nothing at ${asked}` }),
}
