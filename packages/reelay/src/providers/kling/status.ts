import { isRecord, listOf, numberOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Output, Verdict } from '../../task/verdict.ts'
import type { CodeMeaning, RefusalRules } from '../classify-submit.ts'
import { httpLink } from '../http-link.ts'
import { isModeration, readProviderError, sentenceOf, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Links and the videos behind them are removed after 30 days. */
const LINK_LIFE_MS = 30 * 24 * 3_600_000

/** Every answer has a `code`; 0 says that all is well. */
export function readKlingError(json: unknown): ProviderError | null {
  if (isRecord(json) && numberOf(json['code']) === 0) return null
  return readProviderError(json)
}

/**
 * Its 429 means no money (1100 to 1102), too fast (1302), too many at once (1303), or a foreign address (1304).
 * Of 5000 to 5002 nobody says that nothing was accepted, so they are not here.
 */
const CODES: ReadonlyMap<string, CodeMeaning> = new Map([
  ['1000', 'account'],
  ['1001', 'account'],
  ['1002', 'account'],
  ['1003', 'account'],
  ['1004', 'account'],
  ['1100', 'account'],
  ['1101', 'account'],
  ['1102', 'account'],
  ['1103', 'account'],
  ['1200', 'invalid_input'],
  ['1201', 'invalid_input'],
  ['1202', 'invalid_input'],
  ['1203', 'invalid_input'],
  ['1300', 'rejected_by_provider'],
  ['1301', 'moderation_blocked'],
  ['1302', 'busy'],
  ['1303', 'busy'],
  // An address that the account does not let in: no pause helps.
  ['1304', 'account'],
])

export const KLING_RULES: RefusalRules = {
  readError: readKlingError,
  finalCodes: new Set(),
  codes: CODES,
  shedStatuses: [],
}

export const isKlingSuccess = ({ json }: UpstreamAnswer): boolean => numberOf(recordOf(json)['code']) === 0

/** The task object in an answer that says that all is well. */
function taskIn(answer: UpstreamAnswer): JsonRecord | null {
  const { data } = recordOf(answer.json)
  return isKlingSuccess(answer) && isRecord(data) ? data : null
}

/** @param endpoint the path that made the job, needed to ask for it. */
export function klingOperation(answer: UpstreamAnswer, endpoint: string): Operation | null {
  const id = textOf(taskIn(answer)?.['task_id'])
  return id === null ? null : { providerTaskId: id, endpoint }
}

/** The id of ours that the job was made with. */
export const klingClientToken = (answer: UpstreamAnswer): string | null =>
  textOf(recordOf(taskIn(answer)?.['task_info'])['external_task_id'])

const PARAMETER_CODES = ['1200', '1201', '1202', '1203']
const NO_SUCH_TASK = /\b(task|resource)\b.{0,60}\b(not found|not exists?|no longer exists?)\b/i

/** A refusal of the question itself, in its own words: the key was good, and no job was told. */
export function isKlingParameterError(answer: UpstreamAnswer): boolean {
  return PARAMETER_CODES.includes(readKlingError(answer.json)?.code ?? '') && answer.status < 500
}

const isGone = (answer: UpstreamAnswer): boolean =>
  isKlingParameterError(answer) && NO_SUCH_TASK.test(readKlingError(answer.json)?.message ?? '')

function finishedAt(task: JsonRecord): { finishedAtMs?: number } {
  const finishedAtMs = numberOf(task['updated_at'])
  return finishedAtMs === null || finishedAtMs <= 0 ? {} : { finishedAtMs }
}

function succeeded(task: JsonRecord): Verdict {
  const outputs = listOf(recordOf(task['task_result'])['videos']).flatMap((video): Output[] => {
    const ref = httpLink(recordOf(video)['url'])
    return ref === null ? [] : [{ role: 'video', ref }]
  })
  const finished = finishedAt(task)
  if (outputs.length === 0) {
    const detail = 'The provider says that the job succeeded, and names no video.'
    return { kind: 'failed', code: 'provider_failed', detail, ...finished }
  }
  const { finishedAtMs } = finished
  const expires = finishedAtMs === undefined ? {} : { expiresAtMs: finishedAtMs + LINK_LIFE_MS }
  return { kind: 'done', outputs, ...expires, ...finished }
}

function failed(task: JsonRecord): Verdict {
  const message = textOf(task['task_status_msg']) ?? 'The provider gave no reason.'
  const error = { code: null, message }
  const code = isModeration(error) ? 'moderation_blocked' : 'provider_failed'
  return { kind: 'failed', code, detail: sentenceOf(error), ...finishedAt(task) }
}

/** What the answer says of the job `id`; null when it is not the provider's word on it. */
export function klingVerdict(answer: UpstreamAnswer, id: string): Verdict | null {
  const task = taskIn(answer)
  if (task === null) return isGone(answer) ? { kind: 'gone' } : null
  if (textOf(task['task_id']) !== id) return null
  const status = textOf(task['task_status'])
  if (status === null) return null
  switch (status.trim().toLowerCase()) {
    case 'submitted':
      return { kind: 'waiting' }
    case 'processing':
      return { kind: 'running' }
    case 'succeed':
      return succeeded(task)
    case 'failed':
      return failed(task)
    default:
      return { kind: 'unrecognised', status: status.slice(0, 80) }
  }
}
