import { jsonAnswer, type Answer } from '../../answer.ts'
import type { Refusal } from '../../dialect.ts'
import type { SignatureFault } from './aws-signature.ts'

/** The plain codes of the service, as Bedrock names and counts them. */
const ERRORS: Readonly<Record<string, { readonly name: string; readonly status?: number }>> = {
  invalid_request: { name: 'ValidationException' },
  invalid_api_key: { name: 'UnrecognizedClientException', status: 403 },
  insufficient_quota: { name: 'ServiceQuotaExceededException', status: 400 },
  permission_denied: { name: 'AccessDeniedException' },
  not_found: { name: 'ResourceNotFoundException' },
  model_not_found: { name: 'ValidationException' },
  rate_limit_exceeded: { name: 'ThrottlingException' },
  internal_error: { name: 'InternalServerException' },
  overloaded: { name: 'ServiceUnavailableException' },
  http_409: { name: 'ConflictException' },
}

/** The name is in a header, with an address behind it; the words are in the body. */
export function awsError(status: number, name: string, message: string): Answer {
  const type = `${name}:http://internal.amazon.com/coral/com.amazon.bedrock/`
  return jsonAnswer(status, { message }, { 'x-amzn-errortype': type })
}

/** A code that is none of the service's is the name of an exception itself. */
export function errorAnswer({ status, code, message }: Refusal): Answer {
  const known = ERRORS[code]
  if (code === 'model_not_found')
    return awsError(status, 'ValidationException', 'The provided model identifier is invalid.')
  const fallback = status >= 500 ? 'InternalServerException' : 'ValidationException'
  const name = known?.name ?? (code.startsWith('http_') ? fallback : code)
  return awsError(known?.status ?? status, name, message)
}

export const validationError = (message: string): Answer => awsError(400, 'ValidationException', message)

/** No error is documented for a job that is not there, so it can only be this one; the words are assumed. */
export const noSuchInvocation = (arn: string): Answer =>
  validationError(`The async invocation ${arn} was not found.`)

const SIGNATURE_ERRORS: Readonly<Record<SignatureFault, readonly [name: string, message: string]>> = {
  missing: ['MissingAuthenticationTokenException', 'Missing Authentication Token'],
  incomplete: [
    'IncompleteSignatureException',
    'Authorization header requires Credential, SignedHeaders with host, and Signature; X-Amz-Date a time.',
  ],
  scope: [
    'InvalidSignatureException',
    'Credential should be scoped to the date of the request and the service bedrock.',
  ],
  expired: ['InvalidSignatureException', 'Signature expired: its date is not the date of now.'],
  'link-expired': ['InvalidSignatureException', 'Signature expired: its time is over.'],
  unknown: ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
  wrong: [
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. ' +
      'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  ],
  body: ['InvalidSignatureException', 'The body is not the one whose hash was signed.'],
}

/** All of them are 403. */
export function signatureError(fault: SignatureFault): Answer {
  const [name, message] = SIGNATURE_ERRORS[fault]
  return awsError(403, name, message)
}
