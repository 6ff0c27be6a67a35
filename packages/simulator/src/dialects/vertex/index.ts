import { jsonAnswer } from '../../answer.ts'
import { schemeAuth, type Auth } from '../../auth.ts'
import { PLAIN_RESULTS, type ContentRoute, type Dialect } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import { googleError } from '../google-veo/google-error.ts'
import { veoRefusal, veoWish, type VeoRules } from '../google-veo/veo-request.ts'
import {
  created,
  errorAnswer,
  noSuchOperation,
  notReady,
  operation,
  publisherModels,
  withoutToken,
  wrongLook,
} from './answers.ts'
import { isXmlPath, noSuchObject, object, operationOfObject, xmlErrorAnswer } from './storage.ts'

const VERSION = '/v1(?:beta1)?'
const PLACE = 'projects/[^/]+/locations/[^/]+'
const MODEL = `${PLACE}/publishers/google/models/(?<model>[^/:]+)`

const BEARER = schemeAuth('Bearer')

const auth: Auth = {
  isRequired: true,
  identify: (request, keys, nowMs) =>
    BEARER.identify(request, keys, nowMs) ?? { refused: withoutToken(request.path) },
}

/** Parameters that it does not know are ignored (assumed). */
const RULES: VeoRules = {
  fields: ['instances', 'parameters', 'labels'],
  isUnsupported: () => false,
  refuse: (parameters, model) => {
    const { storageUri, generateAudio } = parameters
    if (generateAudio !== undefined && model.startsWith('veo-2'))
      return 'generateAudio is not supported by this model.'
    return storageUri === undefined || /^gs:\/\/[^/]+/u.test(textField(parameters, 'storageUri'))
      ? null
      : 'storageUri must be the address of a bucket, gs://bucket/folder.'
  },
}

/** The name in the body, if it is one of the model that the path names. */
function askedOperation({ fields, path }: SimulatorRequest): string {
  const name = textField(fields, 'operationName')
  const model = /(?<model>projects\/.+):fetchPredictOperation$/u.exec(path)?.groups?.['model'] ?? ''
  return name.startsWith(`${model}/operations/`) ? name : ''
}

function storageRoute(path: RegExp): ContentRoute {
  return {
    kind: 'content',
    method: 'GET',
    path,
    idOf: operationOfObject,
    missing: (_id, request) => noSuchObject(request),
    answer: object,
  }
}

/** Veo at Google Vertex AI, and the bucket that it fills. It has no cancel, and calls nobody back. */
export const vertex: Dialect = {
  name: 'vertex',
  title: 'Google Vertex AI, Veo',
  environment: (url, key) => ({
    VERTEX_PROJECT: 'simulated-project',
    VERTEX_ACCESS_TOKEN: key,
    VERTEX_BASE_URL: url,
    VERTEX_STORAGE_BASE_URL: url,
  }),
  auth,
  modelDefault: 'veo-3.1-generate-001',
  models: [
    'veo-3.1-generate-001',
    'veo-3.1-fast-generate-001',
    'veo-3.0-generate-001',
    'veo-2.0-generate-001',
  ],
  routes: [
    {
      kind: 'create',
      method: 'POST',
      path: new RegExp(`^${VERSION}/${MODEL}:predictLongRunning$`, 'u'),
      read: veoWish,
      refuse: (request) => {
        const message = veoRefusal(request, RULES)
        return message === null ? null : googleError('INVALID_ARGUMENT', message)
      },
      answer: created,
    },
    {
      kind: 'poll',
      method: 'POST',
      path: new RegExp(`^${VERSION}/${MODEL}:fetchPredictOperation$`, 'u'),
      idOf: askedOperation,
      answer: operation,
    },
    {
      kind: 'other',
      method: 'GET',
      path: new RegExp(`^${VERSION}/${MODEL}/operations/(?<operation>[^/]+)$`, 'u'),
      answer: (_verbs, request) => wrongLook(request),
    },
    {
      kind: 'other',
      method: 'GET',
      path: new RegExp(`^${VERSION}/${PLACE}/models$`, 'u'),
      // A project without models of its own.
      answer: () => jsonAnswer(200, {}),
    },
    {
      kind: 'other',
      method: 'GET',
      path: new RegExp(`^${VERSION}/publishers/google/models$`, 'u'),
      answer: publisherModels,
    },
    storageRoute(/^(?:\/download)?\/storage\/v1\/b\/(?<bucket>[^/]+)\/o\/(?<object>[^/]+)$/u),
    storageRoute(
      /^\/(?!v1(?:beta1)?\/|storage\/v1\/)(?<bucket>[a-z\d][a-z\d._-]{1,61}[a-z\d])\/(?<object>.+)$/u,
    ),
  ],
  newId: ({ ids, path }) =>
    `${path.replace(/^\/v1[^/]*\//u, '').replace(/:[^:/]+$/u, '')}/operations/${ids.uuid()}`,
  idKeys: ['name'],
  results: PLAIN_RESULTS,
  // From 11 s to 6 min, as Google says.
  renderTimes: {
    default: { medianMs: 70_000, sigma: 0.4 },
    'veo-3.1-fast-generate-001': { medianMs: 45_000, sigma: 0.35 },
    'veo-2.0-generate-001': { medianMs: 55_000, sigma: 0.35 },
  },
  repeats: 'new-task',
  error: (refusal, path) => (isXmlPath(path) ? xmlErrorAnswer(refusal) : errorAnswer(refusal)),
  missing: noSuchOperation,
  notReady,
  unrouted: ({ path }) => googleError('NOT_FOUND', `Nothing is served at ${path}.`),
}
