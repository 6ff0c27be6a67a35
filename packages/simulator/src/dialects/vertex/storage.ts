import type { Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import { textField, type SimulatorRequest } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import { googleError } from '../google-veo/google-error.ts'
import { parametersOf, sampleCountOf } from '../google-veo/veo-request.ts'

/** The folder of a job: a long number, worked out of its id. */
function folderOf({ id }: Task): string {
  const hex = id.replaceAll(/[^\da-f]/gu, '').slice(-15)
  return BigInt(`0x${hex}`).toString()
}

/** The object of a sample where the create named a bucket; null where the video comes inside the answer. */
export function objectUri(task: Task, index: number): string | null {
  const uri = textField(parametersOf(task.fields), 'storageUri').replace(/\/+$/u, '')
  return uri === '' ? null : `${uri}/${folderOf(task)}/sample_${index}.mp4`
}

function hasObject(task: Task, uri: string): boolean {
  return Array.from({ length: sampleCountOf(task.fields) }).some((_, index) => objectUri(task, index) === uri)
}

/** The operation that put an object into its bucket; empty for an object that none did. */
export function operationOfObject({ params }: SimulatorRequest, verbs: Verbs): string {
  const uri = `gs://${params['bucket'] ?? ''}/${params['object'] ?? ''}`
  const view = verbs.tasks().find(({ task }) => hasObject(task, uri))
  return view?.task.id ?? ''
}

/** Whether a path is one of the storage's XML API: buckets and objects, by their names alone. */
export const isXmlPath = (path: string): boolean =>
  !/^\/(?:v1(?:beta1)?|(?:download\/)?storage\/v1)\//u.test(path)

function xmlError(status: number, code: string, message: string): Answer {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  const body = Buffer.from(`<?xml version='1.0' encoding='UTF-8'?>${error}`)
  return { status, headers: { 'content-type': 'application/xml; charset=UTF-8' }, body }
}

const XML_CODES: ReadonlyMap<string, string> = new Map([
  ['invalid_request', 'InvalidArgument'],
  ['invalid_api_key', 'AuthenticationRequired'],
  ['permission_denied', 'AccessDenied'],
  ['not_found', 'NoSuchKey'],
  ['rate_limit_exceeded', 'SlowDown'],
  ['overloaded', 'ServiceUnavailable'],
])

/** A refusal of the service, as the XML API names it. */
export function xmlErrorAnswer({ status, code, message }: Refusal): Answer {
  return xmlError(status, XML_CODES.get(code) ?? 'InternalError', message)
}

/** Each of the two APIs has an envelope of its own. */
export function noSuchObject(request: SimulatorRequest): Answer {
  const { bucket = '', object: name = '' } = request.params
  return isXmlPath(request.path)
    ? xmlError(404, 'NoSuchKey', 'The specified key does not exist.')
    : googleError('NOT_FOUND', `No such object: ${bucket}/${name}`)
}

/** The bytes of an object. The JSON API gives them for `alt=media` only. */
export function object(view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer {
  if (view.phase !== 'done') return noSuchObject(request)
  if (isXmlPath(request.path) || request.query.get('alt') === 'media') return verbs.file(view, request)
  return googleError('INVALID_ARGUMENT', 'Only the bytes are here: ask with alt=media.')
}
