import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import type { SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { errorInfo, googleError, refusalError } from '../google-veo/google-error.ts'
import { operationOf } from '../google-veo/operation.ts'
import { sampleCountOf } from '../google-veo/veo-request.ts'
import { fileLink } from './files.ts'

const TYPES = 'type.googleapis.com/google.ai.generativelanguage.v1beta'

/** A wrong key is a bad argument. */
export function errorAnswer(refusal: Refusal): Answer {
  if (refusal.code !== 'invalid_api_key') return refusalError(refusal)
  const message = 'API key not valid. Please pass a valid API key.'
  return googleError('INVALID_ARGUMENT', message, { details: [errorInfo('API_KEY_INVALID')] })
}

/** Who shows no key at all is nobody. */
export const withoutKey = (): Answer =>
  googleError(
    'PERMISSION_DENIED',
    "Method doesn't allow unregistered callers (callers without established identity). " +
      'Please use API Key or other form of API consumer identity to call this API.',
  )

export const noSuchOperation = (id: string): Answer => googleError('NOT_FOUND', `Operation ${id} not found.`)

/** A video that is not done has no file. */
export const notReady = (): Answer => googleError('FAILED_PRECONDITION', 'The video is not done yet.')

export const created = ({ task }: TaskView): Answer => jsonAnswer(200, { name: task.id })

/** The samples, none of them for a link that is left out. */
function samplesOf(view: TaskView, verbs: Verbs): readonly object[] {
  const links = Array.from({ length: sampleCountOf(view.task.fields) }, (_, index) =>
    fileLink(view, verbs, index),
  )
  return links.flatMap((uri) => (uri === null ? [] : [{ video: { uri } }]))
}

const resultOf = (generateVideoResponse: object): object => ({
  '@type': `${TYPES}.PredictLongRunningResponse`,
  generateVideoResponse,
})

export function operation(view: TaskView, verbs: Verbs): Answer {
  const shape = {
    // What is in it while a video is made is not documented: its type alone.
    metadata: { '@type': `${TYPES}.PredictLongRunningMetadata` },
    response: (): object => {
      const generatedSamples = samplesOf(view, verbs)
      // What is empty is left out, as in all of Google's JSON.
      return resultOf(generatedSamples.length === 0 ? {} : { generatedSamples })
    },
    filtered: (reason: string): object =>
      resultOf({
        raiMediaFilteredCount: sampleCountOf(view.task.fields),
        raiMediaFilteredReasons: [reason],
      }),
  }
  return jsonAnswer(200, operationOf(view, shape))
}

const modelOf = (id: string): object => ({
  name: `models/${id}`,
  version: '3.1',
  displayName: id,
  supportedGenerationMethods: ['predictLongRunning'],
})

const PAGE_MODELS = 50

/** A page of models; the token is the position where it goes on. */
export function models({ models: served }: Verbs, { query }: SimulatorRequest): Answer {
  const start = Number(query.get('pageToken') ?? 0)
  const size = Number(query.get('pageSize') ?? PAGE_MODELS)
  if (![start, size].every((number) => Number.isInteger(number) && number >= 0))
    return googleError('INVALID_ARGUMENT', 'The page is not valid.')
  const end = start + (size || PAGE_MODELS)
  const page = served.slice(start, end).map(modelOf)
  return jsonAnswer(200, { models: page, ...(end < served.length ? { nextPageToken: String(end) } : {}) })
}

export function model({ models: served }: Verbs, { params }: SimulatorRequest): Answer {
  const id = params['model'] ?? ''
  if (served.includes(id)) return jsonAnswer(200, modelOf(id))
  return googleError('NOT_FOUND', `Model is not found: models/${id} for api version v1beta`)
}
