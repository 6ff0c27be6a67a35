import { isRecord, listOf, numberOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Output, Verdict } from '../../task/verdict.ts'
import type { CodeMeaning, RefusalRules } from '../classify-submit.ts'
import { failureOf } from '../failure-of.ts'
import { httpLink } from '../http-link.ts'
import { readProviderError, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Links live for 24 to 48 hours, and each look at the job gives fresh ones. */
const LINK_LIFE_MS = 24 * 3_600_000

/** Ours: its errors are sentences without a code. */
const NO_CREDITS = 'insufficient_credits'

const CODES: ReadonlyMap<string, CodeMeaning> = new Map([[NO_CREDITS, 'account']])

/** What is wrong with which field, where it is told. */
function issuesOf(issues: unknown): string {
  const lines = listOf(issues).flatMap((issue) => {
    const { path, message } = recordOf(issue)
    const text = textOf(message)
    return text === null ? [] : [`${listOf(path).map(textOf).join('.')}: ${text}`]
  })
  return lines.length === 0 ? '' : ` (${lines.join('; ')})`
}

export function readRunwayError(json: unknown): ProviderError | null {
  const error = readProviderError(json)
  if (error === null) return null
  // Missing money comes with status 400, like a bad field.
  const code = /not have enough credits/i.test(error.message) ? NO_CREDITS : error.code
  return { code, message: error.message + issuesOf(recordOf(json)['issues']) }
}

/**
 * It documents 502, 503 and 504 as load that it sheds. Only 503 is believed: the other two are also what a proxy says of
 * a server that may have taken the job.
 */
export const RUNWAY_RULES: RefusalRules = {
  readError: readRunwayError,
  finalCodes: new Set(),
  codes: CODES,
  shedStatuses: [503],
}

export function runwayOperation({ status, json }: UpstreamAnswer): Operation | null {
  const id = textOf(recordOf(json)['id'])
  return id === null || status >= 300 || readRunwayError(json) !== null ? null : { providerTaskId: id }
}

const GONE_WORDS = /not found|not exist|no longer|deleted/i

const isGone = ({ status, json }: UpstreamAnswer): boolean =>
  status === 404 && GONE_WORDS.test(readRunwayError(json)?.message ?? '')

/** From 0 to 1, which is assumed: it is documented as a number. */
function progressOf(value: unknown): { progress?: number } {
  const share = numberOf(value)
  return share === null ? {} : { progress: Math.min(99, Math.max(0, Math.floor(share * 100))) }
}

function succeeded(job: JsonRecord, nowMs: number): Verdict {
  const outputs = listOf(job['output']).flatMap((link): Output[] => {
    const ref = httpLink(link)
    return ref === null ? [] : [{ role: 'video', ref }]
  })
  if (outputs.length > 0) return { kind: 'done', outputs, expiresAtMs: nowMs + LINK_LIFE_MS }
  const detail = 'The provider says that the job succeeded, and names no video.'
  return { kind: 'failed', code: 'provider_failed', detail }
}

const reasonOf = ({ failure, failureCode }: JsonRecord): ProviderError | null =>
  readProviderError({ error: { code: failureCode, message: failure } })

/** What the answer says of the job `id`; null when it is not the provider's word on it. */
export function runwayVerdict(answer: UpstreamAnswer, id: string, nowMs: number): Verdict | null {
  if (isGone(answer)) return { kind: 'gone' }
  const { json: job } = answer
  if (!isRecord(job) || textOf(job['id']) !== id) return null
  const status = textOf(job['status'])
  if (status === null) return null
  switch (status.trim().toUpperCase()) {
    // Throttled: as many jobs as the account may have are under way.
    case 'PENDING':
    case 'THROTTLED':
      return { kind: 'waiting' }
    case 'RUNNING':
      return { kind: 'running', ...progressOf(job['progress']) }
    case 'SUCCEEDED':
      return succeeded(job, nowMs)
    case 'FAILED':
      return { kind: 'failed', ...failureOf(reasonOf(job)) }
    case 'CANCELLED':
    case 'CANCELED':
      return {
        kind: 'failed',
        code: 'provider_cancelled',
        detail: 'The job was cancelled at the provider.',
      }
    default:
      return { kind: 'unrecognised', status: status.slice(0, 80) }
  }
}

/** Whether this is the description of an account, which only a good key gets. */
export const isRunwayOrganization = ({ status, json }: UpstreamAnswer): boolean =>
  status === 200 && numberOf(recordOf(json)['creditBalance']) !== null
