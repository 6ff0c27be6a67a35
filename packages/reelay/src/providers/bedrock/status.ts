import { firstTextOf, isRecord, listOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Verdict } from '../../task/verdict.ts'
import type { CodeMeaning, RefusalRules } from '../classify-submit.ts'
import { isModeration, readProviderError, sentenceOf, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** The name of an error is in a header, its words in the body: both in the body, where errors are read. */
export function withErrorName(answer: UpstreamAnswer): UpstreamAnswer {
  const name = answer.headers.get('x-amzn-errortype')
  return name === undefined || !isRecord(answer.json)
    ? answer
    : { ...answer, json: { ...answer.json, __type: name } }
}

/** `{message}`, or `{Message}` from what checks signatures. Names may have a namespace or an address. */
export function readBedrockError(json: unknown): ProviderError | null {
  const { __type, message, Message } = recordOf(json)
  const code = textOf(__type)?.split('#').at(-1)?.split(':', 1)[0] ?? null
  const words = firstTextOf(message, Message, code)
  if (words === null) return readProviderError(json)
  // Each request has a token of its own: a conflict tells of an earlier copy, which may have been accepted.
  return code === 'ConflictException' ? null : { code, message: words }
}

/** Those that its HTTP status does not tell apart: 400 is a bad request, a full quota and a bad signature. */
const CODES: ReadonlyMap<string, CodeMeaning> = new Map([
  ['throttlingexception', 'busy'],
  ['servicequotaexceededexception', 'busy'],
  ['incompletesignature', 'account'],
  ['incompletesignatureexception', 'account'],
  ['invalidsignatureexception', 'account'],
  ['missingauthenticationtoken', 'account'],
  ['missingauthenticationtokenexception', 'account'],
  ['unrecognizedclientexception', 'account'],
  ['expiredtokenexception', 'account'],
  ['requestexpired', 'account'],
  ['notauthorized', 'account'],
  ['optinrequired', 'account'],
])

export const BEDROCK_RULES: RefusalRules = {
  readError: readBedrockError,
  finalCodes: new Set(),
  codes: CODES,
  shedStatuses: [],
}

const INVOCATION = /^arn:[\w-]+:bedrock:[\w-]*:\d*:async-invoke\/[\w-]+$/

/** The invocation in a record of its own; null when there is none. */
function operationIn({ invocationArn }: JsonRecord): Operation | null {
  const arn = textOf(invocationArn)
  return arn === null || !INVOCATION.test(arn) ? null : { providerTaskId: arn }
}

/** @returns what is wrong with the id where it is none. */
export const bedrockOperationOf = (id: string): Operation | string =>
  operationIn({ invocationArn: id.trim() }) ??
  'Give the ARN of the invocation, as AWS shows it: arn:aws:bedrock:…:async-invoke/….'

export const bedrockOperation = ({ json }: UpstreamAnswer): Operation | null => operationIn(recordOf(json))

/** A page of the list: the job that was made with our token, if it is there, and where the list goes on. */
export type BedrockPage = { found: Operation | null; nextToken: string | null }

export function bedrockPage({ status, json }: UpstreamAnswer, clientToken: string): BedrockPage | null {
  const { asyncInvokeSummaries: summaries, nextToken } = recordOf(json)
  if (status !== 200 || !Array.isArray(summaries)) return null
  const own = listOf(summaries)
    .map(recordOf)
    .find((summary) => textOf(summary['clientRequestToken']) === clientToken)
  return { found: own === undefined ? null : operationIn(own), nextToken: textOf(nextToken) }
}

const NO_SUCH_JOB = /\b(not found|(does|did) not exist|no longer exists?|could not (be found|find))\b/i

/** Its look documents no error for a job that is missing: it can only be one of these. */
function isGone({ status, json }: UpstreamAnswer): boolean {
  const error = readBedrockError(json)
  if (status === 404) return error?.code === 'ResourceNotFoundException'
  return status === 400 && error?.code === 'ValidationException' && NO_SUCH_JOB.test(error.message)
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

export type StoragePlace = { bucket: string; key: string }

/** Bucket and key of `s3://bucket/key`, the key empty for a bucket alone; null for anything else. */
export function storagePlace(uri: string): StoragePlace | null {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri.trim()) ?? []
  const key = path.replace(/\/+$/, '')
  // An address would lose such parts on its way, and with them the signature.
  const isPlain = key === '' || key.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  return BUCKET.test(bucket) && isPlain ? { bucket, key } : null
}

/** The video is in a folder of the invocation's id; an answer names that folder, or the one above it. */
function videoIn(job: JsonRecord, arn: string): string | null {
  const { s3Uri } = recordOf(recordOf(job['outputDataConfig'])['s3OutputDataConfig'])
  const place = storagePlace(textOf(s3Uri) ?? '')
  if (place === null) return null
  const id = arn.split('/').at(-1) ?? ''
  const parts = [place.bucket, ...(place.key === '' ? [] : place.key.split('/'))]
  const folder = parts.length > 1 && parts.at(-1) === id ? parts : [...parts, id]
  return `s3://${folder.join('/')}/output.mp4`
}

function finishedAt({ endTime }: JsonRecord): { finishedAtMs?: number } {
  const finishedAtMs = Date.parse(textOf(endTime) ?? '')
  return Number.isNaN(finishedAtMs) ? {} : { finishedAtMs }
}

function completed(job: JsonRecord, arn: string): Verdict {
  const ref = videoIn(job, arn)
  if (ref !== null) return { kind: 'done', outputs: [{ role: 'video', ref }], ...finishedAt(job) }
  const detail = 'The provider says that the job is completed, and names no place of its video.'
  return { kind: 'failed', code: 'provider_failed', detail, ...finishedAt(job) }
}

const BLOCKED = /content filter|responsible ai|guardrail/i

function failed(job: JsonRecord): Verdict {
  const error = { code: null, message: textOf(job['failureMessage']) ?? 'The provider gave no reason.' }
  const isBlocked = BLOCKED.test(error.message) || isModeration(error)
  const code = isBlocked ? 'moderation_blocked' : 'provider_failed'
  return { kind: 'failed', code, detail: sentenceOf(error), ...finishedAt(job) }
}

/** What the answer says of the invocation `arn`; null when it is not the provider's word on it. */
export function bedrockVerdict(answer: UpstreamAnswer, arn: string): Verdict | null {
  const job = recordOf(answer.json)
  const status = textOf(job['status'])
  if (textOf(job['invocationArn']) !== arn || status === null) return isGone(answer) ? { kind: 'gone' } : null
  switch (status.trim().toLowerCase()) {
    case 'inprogress':
      return { kind: 'running' }
    case 'completed':
      return completed(job, arn)
    case 'failed':
      return failed(job)
    default:
      return { kind: 'unrecognised', status: status.slice(0, 80) }
  }
}
