import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import type { SimulatorRequest } from '../../request.ts'
import type { TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { errorInfo, googleError, refusalError } from '../google-veo/google-error.ts'
import { operationOf } from '../google-veo/operation.ts'
import { sampleCountOf } from '../google-veo/veo-request.ts'
import { isXmlPath, objectUri, xmlErrorAnswer } from './storage.ts'

const EXPECTED = 'Expected OAuth 2 access token, login cookie or other valid authentication credential.'

export function errorAnswer(refusal: Refusal): Answer {
  if (refusal.code !== 'invalid_api_key') return refusalError(refusal)
  const message = `Request had invalid authentication credentials. ${EXPECTED}`
  return googleError('UNAUTHENTICATED', message, { details: [errorInfo('ACCESS_TOKEN_TYPE_UNSUPPORTED')] })
}

export function withoutToken(path: string): Answer {
  const message = `Request is missing required authentication credential. ${EXPECTED}`
  return isXmlPath(path)
    ? xmlErrorAnswer({ status: 401, code: 'invalid_api_key', message: 'Authentication required.' })
    : googleError('UNAUTHENTICATED', message, { details: [errorInfo('CREDENTIALS_MISSING')] })
}

/** Without a name, and under another model, it is asked for wrongly. */
export function noSuchOperation(id: string): Answer {
  return id === ''
    ? googleError('INVALID_ARGUMENT', 'operationName must be the name of an operation of this model.')
    : googleError('NOT_FOUND', `The operation ${id} was not found.`)
}

/** Operations are asked for by POST alone; a GET takes their ids for others. The words are assumed. */
export function wrongLook({ params }: SimulatorRequest): Answer {
  return googleError(
    'INVALID_ARGUMENT',
    `The Operation ID must be a Long, but got: ${params['operation'] ?? ''}`,
  )
}

export const notReady = (): Answer => googleError('FAILED_PRECONDITION', 'The video is not done yet.')

export const created = ({ task }: TaskView): Answer => jsonAnswer(200, { name: task.id })

/** Where the create named a bucket there is an object, else the bytes themselves. */
function videoOf(view: TaskView, verbs: Verbs, index: number): object | null {
  const link = verbs.link(view, '')
  if (link === null) return null
  const { type: mimeType, bytes } = verbs.clip(view)
  const gcsUri = link === verbs.origin ? objectUri(view.task, index) : link
  return gcsUri === null ? { bytesBase64Encoded: bytes.toString('base64'), mimeType } : { gcsUri, mimeType }
}

function resultOf(fields: object): object {
  return { '@type': 'type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse', ...fields }
}

export function operation(view: TaskView, verbs: Verbs): Answer {
  const samples = sampleCountOf(view.task.fields)
  const shape = {
    response: (): object => {
      const videos = Array.from({ length: samples }, (_, index) => videoOf(view, verbs, index))
      return resultOf({ raiMediaFilteredCount: 0, videos: videos.filter((video) => video !== null) })
    },
    filtered: (reason: string): object =>
      resultOf({ raiMediaFilteredCount: samples, raiMediaFilteredReasons: [reason] }),
  }
  return jsonAnswer(200, operationOf(view, shape))
}

/** The models that Google publishes; a project has none of its own here. */
export function publisherModels({ models }: Verbs): Answer {
  const published = models.map((id) => ({ name: `publishers/google/models/${id}`, versionId: 'default' }))
  return jsonAnswer(200, { publisherModels: published })
}
