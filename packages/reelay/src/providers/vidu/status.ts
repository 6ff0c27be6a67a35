import { firstTextOf, isRecord, listOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, Output, Verdict } from '../../task/verdict.ts'
import type { CodeMeaning, RefusalRules } from '../classify-submit.ts'
import { httpLink } from '../http-link.ts'
import { isModeration, readProviderError, sentenceOf, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Refusals are `{code: <HTTP status>, reason, message, metadata}`: the reason is what is worth reading. */
export function readViduError(json: unknown): ProviderError | null {
  const { reason, message } = recordOf(json)
  const code = textOf(reason)
  return code === null ? readProviderError(json) : { code, message: firstTextOf(message, code) ?? code }
}

/** `InternalServiceFailure` is not here: nobody says that nothing was accepted. */
const CODES: ReadonlyMap<string, CodeMeaning> = new Map([
  ['systemthrottling', 'busy'],
  // So many jobs at a time, and nothing about money.
  ['quotaexceeded', 'busy'],
  ['operationinprocess', 'busy'],
  ['creditinsufficient', 'account'],
  ['unauthorized', 'account'],
  ['forbidden', 'account'],
  ['modelunavailable', 'rejected_by_provider'],
  ['taskpromptpolicyviolation', 'moderation_blocked'],
  ['creationpolicyviolation', 'moderation_blocked'],
  ['auditsubmitillegal', 'moderation_blocked'],
])

export const VIDU_RULES: RefusalRules = {
  readError: readViduError,
  finalCodes: new Set(),
  codes: CODES,
  shedStatuses: [],
}

/** @param payload what the job was made with: later answers repeat it, and no id. */
export function viduOperation(answer: UpstreamAnswer, payload: string): Operation | null {
  const id = textOf(recordOf(answer.json)['task_id'])
  return id === null || answer.status >= 300 ? null : { providerTaskId: id, payload }
}

const NO_SUCH_TASK = /not.?found|not.?exist/i

function isGone(answer: UpstreamAnswer): boolean {
  const error = readViduError(answer.json)
  if (error === null || ![400, 404].includes(answer.status)) return false
  return NO_SUCH_TASK.test(`${error.code ?? ''} ${error.message}`)
}

function succeeded(task: JsonRecord): Verdict {
  const outputs = listOf(task['creations']).flatMap((creation): Output[] => {
    const { url, cover_url } = recordOf(creation)
    const video = httpLink(url)
    const cover = httpLink(cover_url)
    if (video === null) return []
    const made: Output = { role: 'video', ref: video }
    return cover === null ? [made] : [made, { role: 'thumbnail', ref: cover }]
  })
  if (outputs.length > 0) return { kind: 'done', outputs }
  const detail = 'The provider says that the job succeeded, and names no video.'
  return { kind: 'failed', code: 'provider_failed', detail }
}

function failed(task: JsonRecord): Verdict {
  const code = textOf(task['err_code'])
  const error = { code, message: code ?? 'The provider gave no reason.' }
  const meaning = CODES.get((code ?? '').toLowerCase())
  const isBlocked = meaning === 'moderation_blocked' || isModeration(error)
  // A job that was cancelled ends like one that failed.
  if (code === 'UserCancelled')
    return { kind: 'failed', code: 'provider_cancelled', detail: sentenceOf(error) }
  return {
    kind: 'failed',
    code: isBlocked ? 'moderation_blocked' : 'provider_failed',
    detail: sentenceOf(error),
  }
}

/** Answers name no id: the payload of ours is what tells one job from another. */
function isOwn(task: JsonRecord, { providerTaskId, payload }: Operation): boolean {
  const id = firstTextOf(task['task_id'], task['id'])
  const echoed = textOf(task['payload'])
  const sent = textOf(payload)
  // Of a job that was made elsewhere nobody knows what was sent.
  return (id === null || id === providerTaskId) && (echoed === null || sent === null || echoed === sent)
}

/** What the answer says of the job; null when it is not the provider's word on it. */
export function viduVerdict(answer: UpstreamAnswer, operation: Operation): Verdict | null {
  if (isGone(answer)) return { kind: 'gone' }
  const task = recordOf(answer.json)
  const state = textOf(task['state'])
  if (answer.status >= 300 || !isRecord(answer.json) || state === null || !isOwn(task, operation)) return null
  switch (state.trim().toLowerCase()) {
    case 'created':
    case 'queueing':
      return { kind: 'waiting' }
    case 'processing':
      return { kind: 'running' }
    case 'success':
      return succeeded(task)
    case 'failed':
      return failed(task)
    default:
      return { kind: 'unrecognised', status: state.slice(0, 80) }
  }
}
