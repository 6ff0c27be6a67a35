import { isRecord, numberOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Output, Verdict } from '../../task/verdict.ts'
import { PLAIN_RULES, type CodeMeaning, type RefusalRules } from '../classify-submit.ts'
import { failureOf } from '../failure-of.ts'
import { httpLink } from '../http-link.ts'
import { readProviderError, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Links are signed for 24 hours. */
const LINK_LIFE_MS = 24 * 3_600_000

/** Where the code says more than the status: a model that was not opened is no fault of the whole account. */
const CODES: ReadonlyMap<string, CodeMeaning> = new Map([
  ['accountoverdueerror', 'account'],
  ['operationdenied.serviceoverdue', 'account'],
  ['operationdenied.servicenotopen', 'rejected_by_provider'],
  ['modelnotopen', 'rejected_by_provider'],
  ['setlimitexceeded', 'account'],
  ['serveroverloaded', 'busy'],
  ['inputtextriskdetection', 'moderation_blocked'],
  ['inputimageriskdetection', 'moderation_blocked'],
])

export const ARK_RULES: RefusalRules = { ...PLAIN_RULES, codes: CODES }

export function arkOperation({ status, json }: UpstreamAnswer): Operation | null {
  const id = textOf(recordOf(json)['id'])
  return id === null || status >= 300 || readProviderError(json) !== null ? null : { providerTaskId: id }
}

const NOT_FOUND_CODE = /^(resource|task)?\.?notfound(\.|$)/i

/** A model that is not there has another code: `InvalidEndpointOrModel.NotFound`. */
const isGone = ({ status, json }: UpstreamAnswer): boolean =>
  status === 404 && NOT_FOUND_CODE.test(readProviderError(json)?.code ?? '')

/** The reason of a failure stands in `error`, or in `failure_reason` as an object or a text. */
function errorOf({ error, failure_reason: reason }: JsonRecord): ProviderError | null {
  return readProviderError({ error: error ?? reason })
}

function finishedAt(job: JsonRecord): { finishedAtMs?: number } {
  const seconds = numberOf(job['updated_at'])
  return seconds === null || seconds <= 0 ? {} : { finishedAtMs: Math.round(seconds * 1_000) }
}

function succeeded(job: JsonRecord): Verdict {
  const content = recordOf(job['content'])
  const video = httpLink(content['video_url']) ?? httpLink(content['file_url'])
  const finished = finishedAt(job)
  if (video === null) {
    const detail = 'The provider says that the job succeeded, and names no video.'
    return { kind: 'failed', code: 'provider_failed', detail, ...finished }
  }
  const lastFrame = httpLink(content['last_frame_url'])
  const outputs: Output[] = [{ role: 'video', ref: video }]
  if (lastFrame !== null) outputs.push({ role: 'last_frame', ref: lastFrame })
  const { finishedAtMs } = finished
  const expires = finishedAtMs === undefined ? {} : { expiresAtMs: finishedAtMs + LINK_LIFE_MS }
  return { kind: 'done', outputs, ...expires, ...finished }
}

/** What the answer says of the job `id`; null when it is not the provider's word on it. */
export function arkVerdict(answer: UpstreamAnswer, id: string): Verdict | null {
  if (isGone(answer)) return { kind: 'gone' }
  const job = recordOf(answer.json)
  const status = textOf(job['status'])
  if (textOf(job['id']) !== id || status === null) return null
  const why = failureOf(errorOf(job))
  switch (status.trim().toLowerCase()) {
    case 'queued':
      return { kind: 'waiting' }
    case 'running':
      return { kind: 'running' }
    case 'succeeded':
      return succeeded(job)
    case 'failed':
      return { kind: 'failed', ...why, ...finishedAt(job) }
    case 'cancelled':
    case 'canceled':
      return { kind: 'failed', code: 'provider_cancelled', detail: why.detail, ...finishedAt(job) }
    case 'expired':
      return { kind: 'failed', code: 'provider_expired', detail: why.detail, ...finishedAt(job) }
    default:
      return { kind: 'unrecognised', status: status.slice(0, 80) }
  }
}

/** Whether this is a list of jobs, which only a good key gets. */
export function isArkList({ status, json }: UpstreamAnswer): boolean {
  return (
    status === 200 && isRecord(json) && (Array.isArray(json['items']) || numberOf(json['total']) !== null)
  )
}
