import { isRecord, listOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Output, ProviderFailure, Verdict } from '../../task/verdict.ts'
import { PLAIN_RULES, type RefusalRules } from '../classify-submit.ts'
import { httpLink } from '../http-link.ts'
import { isModeration, readProviderError, sentenceOf, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Input and output are removed an hour after a prediction ends. */
const OUTPUT_LIFE_MS = 3_600_000

/** What it says of input or output that its checks did not let through. */
const FLAGGED = /\bflagged as sensitive\b|\bE005\b/

/** Errors are a title and a text, or a text alone. */
export function readReplicateError(json: unknown): ProviderError | null {
  const error = readProviderError(json)
  if (error === null) return null
  return FLAGGED.test(error.message) ? { ...error, code: 'E005' } : error
}

export const REPLICATE_RULES: RefusalRules = {
  ...PLAIN_RULES,
  readError: readReplicateError,
  codes: new Map([['e005', 'moderation_blocked']]),
}

/** The prediction in an answer: nothing else there has an id and a status that is a word. */
function predictionIn({
  json,
}: UpstreamAnswer): { id: string; status: string; prediction: JsonRecord } | null {
  const prediction = recordOf(json)
  const id = textOf(prediction['id'])
  const { status } = prediction
  return id === null || typeof status !== 'string' || status === '' ? null : { id, status, prediction }
}

/** Jobs are asked for under their id: the URLs in the answer say the same and are not followed. */
export function replicateOperation(answer: UpstreamAnswer): Operation | null {
  const id = predictionIn(answer)?.id
  return id === undefined ? null : { providerTaskId: id }
}

/** Where a file that was uploaded can be read by models. */
export const replicateFileLink = ({ status, json }: UpstreamAnswer): string | null =>
  status < 300 ? httpLink(recordOf(recordOf(json)['urls'])['get']) : null

/** Statuses with which a file is refused for good. */
const FILE_STATUSES = [400, 413, 415, 422]

/** Why a file was refused for good, in the provider's own words; null for everything that may pass. */
export function replicateFileRefusal({ status, json }: UpstreamAnswer): string | null {
  const error = readReplicateError(json)
  return error !== null && FILE_STATUSES.includes(status) ? sentenceOf(error) : null
}

function finishedAt(prediction: JsonRecord): { finishedAtMs?: number } {
  const finishedAtMs = Date.parse(textOf(prediction['completed_at']) ?? '')
  return Number.isFinite(finishedAtMs) && finishedAtMs > 0 ? { finishedAtMs } : {}
}

function failed(code: ProviderFailure, detail: string, prediction: JsonRecord): Verdict {
  return { kind: 'failed', code, detail, ...finishedAt(prediction) }
}

/** The error of a prediction is a plain text. */
function failedWithError(prediction: JsonRecord): Verdict {
  const message = textOf(prediction['error']) ?? 'The provider gave no reason.'
  const error = { code: null, message }
  const isFlagged = FLAGGED.test(message) || isModeration(error)
  return failed(isFlagged ? 'moderation_blocked' : 'provider_failed', sentenceOf(error), prediction)
}

function succeeded(prediction: JsonRecord): Verdict {
  const { output } = prediction
  // One link, or a list of them.
  const outputs = [output, ...listOf(output)].flatMap((entry): Output[] => {
    const ref = httpLink(entry)
    return ref === null ? [] : [{ role: 'video', ref }]
  })
  const finished = finishedAt(prediction)
  if (outputs.length > 0) {
    const { finishedAtMs } = finished
    const expires = finishedAtMs === undefined ? {} : { expiresAtMs: finishedAtMs + OUTPUT_LIFE_MS }
    return { kind: 'done', outputs, ...expires, ...finished }
  }
  if (prediction['data_removed'] === true) {
    const detail = 'The provider says that the job succeeded, and has removed its result since.'
    return failed('provider_expired', detail, prediction)
  }
  const detail = 'The provider says that the job succeeded, and names no video.'
  return failed('provider_failed', detail, prediction)
}

const NOT_FOUND = /\bnot (?:be )?found\b/i

/** Its 404 is told from others' by its own shape. */
function isGone({ status, json }: UpstreamAnswer): boolean {
  return status === 404 && isRecord(json) && NOT_FOUND.test(textOf(json['detail']) ?? '')
}

/** What the answer says of the job `id`; null when it is not the provider's word on it. */
export function replicateVerdict(answer: UpstreamAnswer, id: string): Verdict | null {
  if (isGone(answer)) return { kind: 'gone' }
  const found = predictionIn(answer)
  if (found === null || found.id !== id) return null
  const { status, prediction } = found
  switch (status) {
    case 'starting':
      return { kind: 'waiting' }
    case 'processing':
      return { kind: 'running' }
    case 'succeeded':
      return succeeded(prediction)
    case 'failed':
      return failedWithError(prediction)
    case 'canceled':
      return failed('provider_cancelled', 'The provider says that the job was cancelled.', prediction)
    case 'aborted':
      return failed('provider_expired', 'The provider says that the job never began in time.', prediction)
    default:
      return { kind: 'unrecognised', status: status.slice(0, 80) }
  }
}

/** What came of a cancel; null when the answer says nothing on the job `id`. */
export function replicateCancelled(answer: UpstreamAnswer, id: string): 'cancelled' | 'refused' | null {
  const found = predictionIn(answer)
  if (found === null || found.id !== id || answer.status >= 300) return null
  // One that still runs has been told to stop.
  return ['succeeded', 'failed'].includes(found.status) ? 'refused' : 'cancelled'
}
