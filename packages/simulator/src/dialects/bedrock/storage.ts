import type { Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import { recordField, textField, type SimulatorRequest } from '../../request.ts'
import type { Task, TaskView } from '../../task.ts'
import type { Verbs } from '../../verbs.ts'
import type { SignatureFault } from './aws-signature.ts'

/** The folder that a create names, in a bucket of the caller's. */
export function outputUri(fields: Readonly<Record<string, unknown>>): string {
  const place = recordField(recordField(fields, 'outputDataConfig'), 's3OutputDataConfig')
  return textField(place, 's3Uri').replace(/\/+$/u, '')
}

/** The folder of an invocation, in that folder. */
export function invocationUri({ id, fields }: Task): string {
  return `${outputUri(fields)}/${id.split('/').at(-1) ?? ''}`
}

/** As S3 answers. */
function storageError(status: number, code: string, message: string): Answer {
  const error = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${error}`)
  return { status, headers: { 'content-type': 'application/xml' }, body }
}

const ERRORS: ReadonlyMap<string, string> = new Map([
  ['invalid_request', 'InvalidRequest'],
  ['invalid_api_key', 'InvalidAccessKeyId'],
  ['permission_denied', 'AccessDenied'],
  ['not_found', 'NoSuchKey'],
  ['rate_limit_exceeded', 'SlowDown'],
  ['internal_error', 'InternalError'],
  ['overloaded', 'SlowDown'],
])

/** A refusal of the service, as S3 names it. */
export function storageErrorAnswer({ status, code, message }: Refusal): Answer {
  const name = ERRORS.get(code) ?? (/^[A-Z]/u.test(code) ? code : 'InternalError')
  return storageError(status, name, message)
}

export const noSuchKey = (): Answer => storageError(404, 'NoSuchKey', 'The specified key does not exist.')

const SIGNATURE_ERRORS: Readonly<Record<SignatureFault, readonly [number, code: string, message: string]>> = {
  missing: [403, 'AccessDenied', 'Access Denied'],
  incomplete: [400, 'AuthorizationHeaderMalformed', 'The authorization header is malformed.'],
  scope: [400, 'AuthorizationHeaderMalformed', 'The authorization header is malformed; its scope is wrong.'],
  expired: [
    403,
    'RequestTimeTooSkewed',
    'The difference between the request time and the current time is too large.',
  ],
  'link-expired': [403, 'AccessDenied', 'Request has expired'],
  unknown: [403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.'],
  wrong: [
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided.',
  ],
  body: [
    400,
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
}

export function storageSignatureError(fault: SignatureFault): Answer {
  return storageError(...SIGNATURE_ERRORS[fault])
}

/** The invocation that put an object into its bucket; empty for an object that none did. */
export function invocationOfObject({ params }: SimulatorRequest, verbs: Verbs): string {
  const uri = `s3://${params['bucket'] ?? ''}/${params['key'] ?? ''}`
  const view = verbs.tasks().find(({ task }) => `${invocationUri(task)}/output.mp4` === uri)
  return view?.task.id ?? ''
}

export function object(view: TaskView, verbs: Verbs, request: SimulatorRequest): Answer {
  return view.phase === 'done' ? verbs.file(view, request) : noSuchKey()
}
