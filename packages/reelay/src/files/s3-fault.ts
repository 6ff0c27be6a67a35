import { StorageUnavailable } from './files.ts'
import type { S3Location } from './storage-location.ts'

/** What an S3 server, or the way to it, said. */
export type S3Fault = { code: string; status: number | null }

/** Rights that the gateway's key needs, for messages. */
const RIGHTS =
  's3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload on its objects, and s3:ListBucket and ' +
  's3:ListBucketMultipartUploads on the bucket'

export function faultOf(error: unknown): S3Fault {
  if (!(error instanceof Error)) return { code: String(error), status: null }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return { code: error.name === 'Error' ? code : error.name, status: statusOf(error) }
}

function statusOf(error: Error): number | null {
  const metadata = '$metadata' in error ? error.$metadata : undefined
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return null
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null
}

/** There is no such object. Not the same as `NoSuchBucket`, which has that status too. */
export const isMissing = ({ code, status }: S3Fault): boolean =>
  code === 'NoSuchKey' || code === 'NotFound' || (status === 404 && code === 'Unknown')

/** Something else has the key already. */
export const isTaken = ({ code, status }: S3Fault): boolean => code === 'PreconditionFailed' || status === 412

/** The server does not know what it was asked for: some know fewer headers and verbs than others. */
export const isNotImplemented = ({ code, status }: S3Fault): boolean =>
  code === 'NotImplemented' || code === 'XNotImplemented' || status === 501

/**
 * What an operator is told. A fault of the settings is told apart from one that passes by itself.
 * @param doing what failed, as in "could not ..."
 */
export function unavailable(error: unknown, location: S3Location, doing: string): StorageUnavailable {
  if (error instanceof StorageUnavailable) return error
  const fault = faultOf(error)
  const place = `bucket ${location.bucket}${location.endpoint === null ? '' : ` at ${location.endpoint}`}`
  const advice = adviceFor(fault, location)
  const detail = error instanceof Error && error.message !== fault.code ? ` (${error.message})` : ''
  const message = `could not ${doing} in ${place}: ${advice ?? `${fault.code}${detail}`}`
  return new StorageUnavailable(message, { cause: error, isMisconfigured: advice !== undefined })
}

/** Undefined for what may pass: no answer, overload, a fault of the server. */
function adviceFor({ code, status }: S3Fault, location: S3Location): string | undefined {
  switch (code) {
    case 'NoSuchBucket':
      return 'there is no such bucket. Make it, or correct REELAY_STORAGE_URL'
    case 'InvalidAccessKeyId':
      return 'the server does not know the access key. Check AWS_ACCESS_KEY_ID'
    case 'SignatureDoesNotMatch':
      return 'the signature is wrong. Check AWS_SECRET_ACCESS_KEY'
    case 'ExpiredToken':
    case 'InvalidToken':
    case 'ExpiredTokenException':
      return 'the temporary keys have ended. Set new ones in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN'
    case 'CredentialsProviderError':
      return 'there are no keys. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role'
    case 'RequestTimeTooSkewed':
      return "this machine's clock and the server's are more than 15 minutes apart. Set the clock"
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return `the bucket is not in region ${location.region}. Set region in REELAY_STORAGE_URL`
  }
  if (status === 403) return `access is denied. The key needs ${RIGHTS}`
  if (status === 301)
    return `the bucket is not in region ${location.region}. Set region in REELAY_STORAGE_URL`
  if (status === 404) return 'there is no such bucket. Make it, or correct REELAY_STORAGE_URL'
  return undefined
}
