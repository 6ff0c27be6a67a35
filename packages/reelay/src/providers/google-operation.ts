import { isRecord, listOf, numberOf, recordOf, textOf, type JsonRecord } from '../system/json.ts'
import type { Output, ProviderFailure, Verdict } from '../task/verdict.ts'
import { readGoogleError } from './google-error.ts'
import { isModeration, sentenceOf } from './provider-error.ts'
import type { UpstreamAnswer } from './upstream.ts'

/** Numbers of `google.rpc.Code` that say more than that it failed. */
const FAILURES: ReadonlyMap<number, ProviderFailure> = new Map([
  [1, 'provider_cancelled'],
  [3, 'invalid_input'],
  [11, 'invalid_input'],
])

const RESPONSIBLE_AI = /responsible ai|usage (guidelines|policies)|\bsafety\b/i

function failedWith(error: JsonRecord): Verdict {
  const message = textOf(error['message']) ?? 'The provider gave no reason.'
  const told = { code: textOf(error['status']), message }
  const isModerated = isModeration(told) || RESPONSIBLE_AI.test(message)
  const code = isModerated ? 'moderation_blocked' : FAILURES.get(numberOf(error['code']) ?? 0)
  return { kind: 'failed', code: code ?? 'provider_failed', detail: sentenceOf(told) }
}

/** Filtered videos are left out of the result, and counted. */
function withoutVideo(result: JsonRecord): Verdict {
  const reasons = listOf(result['raiMediaFilteredReasons']).flatMap((reason) => textOf(reason) ?? [])
  const isFiltered = reasons.length > 0 || (numberOf(result['raiMediaFilteredCount']) ?? 0) > 0
  if (!isFiltered) {
    const detail = 'The provider says that the job is done, and names no video.'
    return { kind: 'failed', code: 'provider_failed', detail }
  }
  const message = reasons.length === 0 ? 'The video was filtered out.' : reasons.join(' ')
  return { kind: 'failed', code: 'moderation_blocked', detail: sentenceOf({ code: null, message }) }
}

/** How an API of Google's that makes videos names its operations and their results. */
export type VideoOperations = {
  /** Whether this is the name of the operation that was asked for. */
  isOwn: (name: string) => boolean
  outputsOf: (result: JsonRecord) => readonly Output[]
}

function ended(operation: JsonRecord, outputsOf: VideoOperations['outputsOf']): Verdict {
  if (isRecord(operation['error'])) return failedWith(operation['error'])
  const response = recordOf(operation['response'])
  const result = isRecord(response['generateVideoResponse']) ? response['generateVideoResponse'] : response
  const outputs = outputsOf(result)
  return outputs.length === 0 ? withoutVideo(result) : { kind: 'done', outputs }
}

const isGone = (answer: UpstreamAnswer): boolean =>
  answer.status === 404 && readGoogleError(answer.json)?.code === 'NOT_FOUND'

/** What the answer says of a long-running operation; null when it is not the provider's word on it. */
export function googleVerdict(answer: UpstreamAnswer, { isOwn, outputsOf }: VideoOperations): Verdict | null {
  if (isGone(answer)) return { kind: 'gone' }
  const operation = recordOf(answer.json)
  const name = textOf(operation['name'])
  if (name === null || !isOwn(name)) return null
  const done = operation['done'] ?? false
  if (done === true) return ended(operation, outputsOf)
  if (done === false) return { kind: 'running' }
  return { kind: 'unrecognised', status: `done: ${JSON.stringify(done)}`.slice(0, 80) }
}
