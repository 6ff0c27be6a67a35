import { isRecord, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Verdict } from '../../task/verdict.ts'
import { PLAIN_RULES, type CodeMeaning, type RefusalRules } from '../classify-submit.ts'
import { failureOf } from '../failure-of.ts'
import { httpLink } from '../http-link.ts'
import { readProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** The link and the job's record live for 24 hours. */
const LINK_LIFE_MS = 24 * 3_600_000

/** A job that took longer than its record lives was not measured, but misread. */
const DURATION_MAX_MS = LINK_LIFE_MS

/**
 * Where the code says more than the status: missing money comes with 400, and a model that the workspace may not use is
 * no fault of the whole account.
 */
const CODES: ReadonlyMap<string, CodeMeaning> = new Map([
  ['arrearage', 'account'],
  ['commoditynotpurchased', 'account'],
  ['prepaidbilloverdue', 'account'],
  ['postpaidbilloverdue', 'account'],
  ['model.accessdenied', 'rejected_by_provider'],
  ['accessdenied.unpurchased', 'rejected_by_provider'],
  ['invalidparameter.datainspection', 'invalid_input'],
  ['ipinfringementsuspect', 'moderation_blocked'],
  ['throttling', 'busy'],
  ['throttling.ratequota', 'busy'],
  ['throttling.burstrate', 'busy'],
  ['throttling.allocationquota', 'busy'],
])

export const DASHSCOPE_RULES: RefusalRules = { ...PLAIN_RULES, codes: CODES }

/** The time of acceptance is kept, since the provider's own times name no zone. */
export function dashscopeOperation({ status, json }: UpstreamAnswer, nowMs: number): Operation | null {
  const id = textOf(recordOf(recordOf(json)['output'])['task_id'])
  if (id === null || status >= 300 || readProviderError(json) !== null) return null
  return { providerTaskId: id, submittedAtMs: nowMs }
}

/** `2026-01-01 00:01:00.000`, in a zone that nobody names: only differences mean something. */
function zonelessMs(value: unknown): number | null {
  const text = textOf(value) ?? ''
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?$/.test(text)) return null
  const time = Date.parse(`${text.replace(' ', 'T')}Z`)
  return Number.isFinite(time) ? time : null
}

/** Acceptance and the time that the job took: right in any zone. */
function finishedAt(output: JsonRecord, { submittedAtMs }: Operation): { finishedAtMs?: number } {
  const beganMs = zonelessMs(output['submit_time'])
  const endedMs = zonelessMs(output['end_time'])
  if (typeof submittedAtMs !== 'number' || beganMs === null || endedMs === null) return {}
  const tookMs = endedMs - beganMs
  return tookMs < 0 || tookMs > DURATION_MAX_MS ? {} : { finishedAtMs: submittedAtMs + tookMs }
}

function succeeded(output: JsonRecord, operation: Operation): Verdict {
  const ref = httpLink(output['video_url'])
  const finished = finishedAt(output, operation)
  if (ref === null) {
    const detail = 'The provider says that the job succeeded, and names no video.'
    return { kind: 'failed', code: 'provider_failed', detail, ...finished }
  }
  const { finishedAtMs } = finished
  const expires = finishedAtMs === undefined ? {} : { expiresAtMs: finishedAtMs + LINK_LIFE_MS }
  return { kind: 'done', outputs: [{ role: 'video', ref }], ...expires, ...finished }
}

function failed(output: JsonRecord, operation: Operation): Verdict {
  const { code, message } = output
  const error = readProviderError({ error: { code, message } })
  const why = failureOf(error)
  const meaning = CODES.get((error?.code ?? '').toLowerCase())
  // A file that cannot be inspected is a bad file, whatever the word sounds like.
  const isInput = meaning === 'invalid_input'
  return { kind: 'failed', ...why, ...(isInput ? { code: meaning } : {}), ...finishedAt(output, operation) }
}

/** What the answer says of a job; null when it is not the provider's word on it. */
export function dashscopeVerdict({ json }: UpstreamAnswer, operation: Operation): Verdict | null {
  const { output } = recordOf(json)
  if (!isRecord(output) || textOf(output['task_id']) !== operation.providerTaskId) return null
  const status = textOf(output['task_status'])
  if (status === null) return null
  switch (status.trim().toUpperCase()) {
    case 'PENDING':
      return { kind: 'waiting' }
    case 'RUNNING':
    case 'SUSPENDED':
      return { kind: 'running' }
    case 'SUCCEEDED':
      return succeeded(output, operation)
    case 'FAILED':
      return failed(output, operation)
    case 'CANCELED':
    case 'CANCELLED': {
      const detail = textOf(output['message']) ?? 'The job was cancelled at the provider.'
      return { kind: 'failed', code: 'provider_cancelled', detail, ...finishedAt(output, operation) }
    }
    // No such job, or one that is older than its record may get.
    case 'UNKNOWN':
      return { kind: 'gone' }
    default:
      return { kind: 'unrecognised', status: status.slice(0, 80) }
  }
}

/** Whether this is a word on some job, known or not: only a good key gets one. */
export const isDashscopeTask = ({ status, json }: UpstreamAnswer): boolean =>
  status === 200 && textOf(recordOf(recordOf(json)['output'])['task_status']) !== null
