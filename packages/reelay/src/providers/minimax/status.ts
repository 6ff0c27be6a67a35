import { isRecord, numberOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, ProviderFailure, Verdict } from '../../task/verdict.ts'
import { ACCOUNT_PAUSE_MS, THROTTLE_PAUSE_MS } from '../classify-submit.ts'
import type { CodeMeaning, RefusalRules } from '../classify-submit.ts'
import { httpLink } from '../http-link.ts'
import { isModeration, readProviderError, sentenceOf, type ProviderError } from '../provider-error.ts'
import { OutputGone, ProbeUnavailable } from '../provider.ts'
import type { UpstreamAnswer } from '../upstream.ts'
import type { MinimaxVersion } from './request.ts'

/** Above this, a time is in milliseconds: as seconds it would be beyond the year 33000. */
const SECONDS_MAX = 1e12

/**
 * 1000, 1001, 1024 and 1033 are its own failures and timeouts: nobody says that nothing was accepted, so they are not
 * here.
 */
const CODES: ReadonlyMap<string, CodeMeaning> = new Map([
  ['1002', 'busy'],
  ['1004', 'account'],
  ['2049', 'account'],
  ['1008', 'account'],
  ['1026', 'moderation_blocked'],
  ['1027', 'moderation_blocked'],
  ['2013', 'invalid_input'],
])

/** v1 says it in `base_resp`, with status 200; v2 hides the same code at the end of the message. */
function readMinimaxError(json: unknown): ProviderError | null {
  const { status_code, status_msg } = recordOf(recordOf(json)['base_resp'])
  const code = textOf(status_code)
  if (code !== null && numberOf(code) !== 0) {
    return { code, message: textOf(status_msg) ?? 'The provider gave no reason.' }
  }
  const error = readProviderError(json)
  if (error === null) return null
  const hidden = /\((\d{4})\)\s*$/.exec(error.message)?.[1]
  return { code: hidden ?? error.code, message: error.message }
}

export const MINIMAX_RULES: RefusalRules = {
  readError: readMinimaxError,
  finalCodes: new Set(),
  codes: CODES,
  shedStatuses: [],
}

/** A refusal may carry an id as well, of a job that never was. */
export function minimaxOperation(answer: UpstreamAnswer, version: MinimaxVersion): Operation | null {
  const id = textOf(recordOf(answer.json)['task_id'])
  const code = readMinimaxError(answer.json)?.code ?? ''
  return id === null || answer.status >= 300 || CODES.has(code) ? null : { providerTaskId: id, version }
}

/** What v1 has for a result: a number to ask a link for. */
const FILE_PREFIX = 'file_id:'

export const fileIdOf = (ref: string): string | null =>
  ref.startsWith(FILE_PREFIX) ? ref.slice(FILE_PREFIX.length) : null

/**
 * The fresh link of a file; null when the answer is not about it.
 * @throws OutputGone when there is no such file.
 */
export function minimaxLink(answer: UpstreamAnswer, fileId: string): string | null {
  const { file } = recordOf(answer.json)
  const { file_id, download_url } = recordOf(file)
  if (textOf(file_id) === fileId) return httpLink(download_url)
  const code = readMinimaxError(answer.json)?.code
  if (code === '2013') throw new OutputGone(`MiniMax has no file ${fileId}.`)
  return null
}

const NO_SUCH_TASK = /invalid task[ _]?id|\btask\b.{0,40}\b(not found|not exists?)\b/i

function isGone(answer: UpstreamAnswer): boolean {
  const error = readMinimaxError(answer.json)
  return error !== null && [200, 400, 404].includes(answer.status) && NO_SUCH_TASK.test(error.message)
}

/** With status 200, only the code says that the account should rest. */
function restAccount(answer: UpstreamAnswer): void {
  const error = readMinimaxError(answer.json)
  const meaning = CODES.get(error?.code ?? '')
  if (error === null || answer.status >= 300 || (meaning !== 'busy' && meaning !== 'account')) return
  const pauseAccountMs = meaning === 'account' ? ACCOUNT_PAUSE_MS : THROTTLE_PAUSE_MS
  throw new ProbeUnavailable(`The provider answered: ${sentenceOf(error)}`, { pauseAccountMs })
}

function failed(error: ProviderError | null, task: JsonRecord): Verdict {
  const reason = error ?? { code: null, message: 'The provider gave no reason.' }
  const meaning = CODES.get(reason.code ?? '')
  const isBlocked = meaning === 'moderation_blocked' || isModeration(reason)
  const isInput = meaning === 'invalid_input'
  const code: ProviderFailure = isBlocked
    ? 'moderation_blocked'
    : isInput
      ? 'invalid_input'
      : 'provider_failed'
  return { kind: 'failed', code, detail: sentenceOf(reason), ...finishedAt(task) }
}

const withoutVideo = (task: JsonRecord): Verdict => ({
  kind: 'failed',
  code: 'provider_failed',
  detail: 'The provider says that the job succeeded, and names no video.',
  ...finishedAt(task),
})

function finishedAt(task: JsonRecord): { finishedAtMs?: number } {
  const time = numberOf(task['updated_at'])
  if (time === null || time <= 0) return {}
  return { finishedAtMs: Math.round(time > SECONDS_MAX ? time : time * 1_000) }
}

const unrecognised = (status: string): Verdict => ({ kind: 'unrecognised', status: status.slice(0, 80) })

function verdictV1(task: JsonRecord, status: string): Verdict {
  switch (status.trim().toLowerCase()) {
    case 'preparing':
    case 'queueing':
      return { kind: 'waiting' }
    case 'processing':
      return { kind: 'running' }
    case 'success': {
      const fileId = textOf(task['file_id'])
      if (fileId === null) return withoutVideo(task)
      return { kind: 'done', outputs: [{ role: 'video', ref: FILE_PREFIX + fileId }] }
    }
    case 'fail':
    case 'failed':
      return failed(readMinimaxError(task), task)
    default:
      return unrecognised(status)
  }
}

function verdictV2(task: JsonRecord, status: string): Verdict {
  switch (status.trim().toLowerCase()) {
    case 'queued':
      return { kind: 'waiting' }
    case 'running':
      return { kind: 'running' }
    case 'succeeded': {
      const ref = httpLink(recordOf(task['content'])['url'])
      if (ref === null) return withoutVideo(task)
      return { kind: 'done', outputs: [{ role: 'video', ref }], ...finishedAt(task) }
    }
    case 'failed':
      return failed(readMinimaxError({ error: task['error'] }), task)
    case 'cancelled':
    case 'canceled':
    case 'expired': {
      const code = status.trim().toLowerCase() === 'expired' ? 'provider_expired' : 'provider_cancelled'
      return { kind: 'failed', code, detail: `The provider says: ${status}.`, ...finishedAt(task) }
    }
    default:
      return unrecognised(status)
  }
}

/**
 * What the answer says of the job `id`; null when it is not the provider's word on it.
 * @throws ProbeUnavailable when it says with status 200 that the account should rest.
 */
export function minimaxVerdict(answer: UpstreamAnswer, id: string, version: MinimaxVersion): Verdict | null {
  const body = recordOf(answer.json)
  const isV2 = version === 'v2'
  const task = isV2 ? recordOf(body['task']) : body
  const status = textOf(task['status'])
  const isOwn = textOf(isV2 ? task['id'] : task['task_id']) === id
  if (isOwn && status !== null) return isV2 ? verdictV2(task, status) : verdictV1(task, status)
  if (!isRecord(answer.json)) return null
  if (isGone(answer)) return { kind: 'gone' }
  restAccount(answer)
  return null
}
