import { jsonAnswer } from '../../answer.ts'
import { headerAuth, type Auth } from '../../auth.ts'
import { PLAIN_RESULTS, type Dialect } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { Verbs } from '../../verbs.ts'
import { googleError } from '../google-veo/google-error.ts'
import { instanceOf, veoRefusal, veoWish, type VeoRules } from '../google-veo/veo-request.ts'
import {
  created,
  errorAnswer,
  model,
  models,
  noSuchOperation,
  notReady,
  operation,
  withoutKey,
} from './answers.ts'
import { geminiCallback } from './callback.ts'
import { download, file, noSuchFile, operationOfFile } from './files.ts'

const VERSION = '/v1(?:beta|alpha)?'

/** The key may be in the query too: so links to files are opened by programs that send no headers. */
const KEY = headerAuth('x-goog-api-key', 'key')

const auth: Auth = {
  isRequired: true,
  identify: (request, keys, nowMs) => KEY.identify(request, keys, nowMs) ?? { refused: withoutKey() },
}

const PARAMETERS: readonly string[] = [
  'aspectRatio',
  'durationSeconds',
  'negativePrompt',
  'personGeneration',
  'resolution',
  'sampleCount',
  'seed',
]

/** What is large, or made after pictures, is 8 s long. */
const RULES: VeoRules = {
  fields: ['instances', 'parameters', 'webhookConfig'],
  isUnsupported: (parameter) => !PARAMETERS.includes(parameter),
  refuse: (parameters) => {
    const resolution = textField(parameters, 'resolution')
    const seconds = textField(parameters, 'durationSeconds') || '8'
    return ['1080p', '4k'].includes(resolution) && seconds !== '8'
      ? `Resolution ${resolution} requires duration seconds to be 8 seconds.`
      : null
  },
}

function refusalOf(request: SimulatorRequest): string | null {
  const refusal = veoRefusal(request, RULES)
  if (refusal !== null) return refusal
  const { image, lastFrame } = instanceOf(request.fields)
  const pictures = [image, lastFrame].filter((picture) => typeof picture === 'object' && picture !== null)
  return pictures.every((picture) => 'bytesBase64Encoded' in picture || 'gcsUri' in picture)
    ? null
    : 'Unable to process input image. Give it as bytesBase64Encoded with its mimeType.'
}

const ofFile = ({ params }: SimulatorRequest, verbs: Verbs): string =>
  operationOfFile(params['file'] ?? '', verbs)
const missingFile = (_id: string, { params }: SimulatorRequest): ReturnType<typeof noSuchFile> =>
  noSuchFile(params['file'] ?? '')

/** Veo at the Gemini API. It has no cancel, and no list of jobs. */
export const gemini: Dialect = {
  name: 'gemini',
  title: 'Gemini API, Veo',
  environment: (url, key) => ({ GEMINI_API_KEY: key, GEMINI_BASE_URL: url }),
  auth,
  modelDefault: 'veo-3.1-generate-preview',
  models: ['veo-3.1-generate-preview', 'veo-3.1-fast-generate-preview', 'veo-3.1-lite-generate-preview'],
  routes: [
    {
      kind: 'other',
      role: 'keys',
      method: 'GET',
      path: /^\/\.well-known\/jwks\.json$/u,
      needsKey: false,
      answer: ({ secrets: { rsa, previous } }) =>
        jsonAnswer(200, { keys: [rsa.publicJwk, previous.rsa.publicJwk] }),
    },
    {
      kind: 'create',
      method: 'POST',
      path: new RegExp(`^${VERSION}/models/(?<model>[^/:]+):predictLongRunning$`, 'u'),
      read: veoWish,
      refuse: (request) => {
        const message = refusalOf(request)
        return message === null ? null : googleError('INVALID_ARGUMENT', message)
      },
      answer: created,
    },
    {
      kind: 'poll',
      method: 'GET',
      path: new RegExp(`^${VERSION}/(?<id>models/[^/]+/operations/[^/]+)$`, 'u'),
      answer: operation,
    },
    {
      kind: 'content',
      method: 'GET',
      path: new RegExp(`^${VERSION}/files/(?<file>[a-z0-9]+):download$`, 'u'),
      idOf: ofFile,
      missing: missingFile,
      answer: download,
    },
    {
      kind: 'look',
      method: 'GET',
      path: new RegExp(`^${VERSION}/files/(?<file>[a-z0-9]+)$`, 'u'),
      idOf: ofFile,
      missing: missingFile,
      answer: file,
    },
    { kind: 'other', method: 'GET', path: new RegExp(`^${VERSION}/models$`, 'u'), answer: models },
    {
      kind: 'other',
      method: 'GET',
      path: new RegExp(`^${VERSION}/models/(?<model>[^/:]+)$`, 'u'),
      answer: model,
    },
  ],
  // Files have their names of it, in which there are no other characters.
  newId: ({ ids, model: name }) => `models/${name}/operations/${ids.hex(6)}`,
  idKeys: ['name'],
  // Its own files want the key, as routes do; what `[up:link-origin=other]` leads to must not see it.
  results: PLAIN_RESULTS,
  // From 11 s to 6 min, as Google says.
  renderTimes: {
    default: { medianMs: 70_000, sigma: 0.4 },
    'veo-3.1-fast-generate-preview': { medianMs: 45_000, sigma: 0.35 },
    'veo-3.1-lite-generate-preview': { medianMs: 40_000, sigma: 0.35 },
  },
  repeats: 'new-task',
  callback: geminiCallback,
  error: errorAnswer,
  missing: noSuchOperation,
  notReady,
  unrouted: ({ path }) => googleError('NOT_FOUND', `Nothing is served at ${path}.`),
}
