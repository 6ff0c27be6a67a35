import { isRecord, numberOf, recordOf, textOf, type JsonRecord } from '../../system/json.ts'
import type { Operation, RejectionCode, Verdict } from '../../task/verdict.ts'
import type { CodeMeaning, RefusalRules } from '../classify-submit.ts'
import { httpLink } from '../http-link.ts'
import { readProviderError, sentenceOf, type ProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Every answer has an `ErrCode`; 0 says that all is well, and status 200 says nothing. */
export function readPixverseError(json: unknown): ProviderError | null {
  const code = textOf(recordOf(json)['ErrCode'])
  if (code === null) return readProviderError(json)
  return code === '0' ? null : { code, message: textOf(recordOf(json)['ErrMsg']) ?? `error ${code}` }
}

/** Of codes that are not here nobody says that nothing was accepted. */
const CODES: ReadonlyMap<string, CodeMeaning> = new Map([
  ['400011', 'invalid_input'],
  ['400012', 'account'],
  ['400013', 'invalid_input'],
  ['400017', 'invalid_input'],
  ['400018', 'invalid_input'],
  ['400019', 'invalid_input'],
  ['400032', 'invalid_input'],
  ['500020', 'account'],
  ['500030', 'invalid_input'],
  ['500031', 'invalid_input'],
  ['500032', 'invalid_input'],
  ['500033', 'invalid_input'],
  ['500042', 'invalid_input'],
  ['500044', 'busy'],
  ['500054', 'moderation_blocked'],
  ['500060', 'account'],
  ['500063', 'moderation_blocked'],
  ['500069', 'busy'],
  ['500070', 'invalid_input'],
  ['500071', 'invalid_input'],
  ['500090', 'account'],
])

export const PIXVERSE_RULES: RefusalRules = {
  readError: readPixverseError,
  finalCodes: new Set(),
  codes: CODES,
  shedStatuses: [],
}

/** What an answer holds that says that all is well. */
function respIn({ json }: UpstreamAnswer): JsonRecord | null {
  const { ErrCode, Resp } = recordOf(json)
  return numberOf(ErrCode) === 0 && isRecord(Resp) ? Resp : null
}

export const isPixverseSuccess = (answer: UpstreamAnswer): boolean => respIn(answer) !== null

export function pixverseOperation(answer: UpstreamAnswer): Operation | null {
  const id = textOf(respIn(answer)?.['video_id'])
  return id === null || id === '0' ? null : { providerTaskId: id }
}

/** Of a job that was made elsewhere. */
export const pixverseOperationOf = (id: string): Operation | string =>
  /^[1-9]\d{0,19}$/.test(id)
    ? { providerTaskId: id }
    : 'This is not an id of a video at PixVerse: it is the number that its create answers as video_id.'

/** The id of a picture that was uploaded: a number, unless JSON cannot carry it as one. */
export function pixverseImageId(answer: UpstreamAnswer): number | string | null {
  const id = textOf(respIn(answer)?.['img_id'])
  if (id === null || id === '0') return null
  return Number.isSafeInteger(Number(id)) ? Number(id) : id
}

/** Why a picture was refused for good, in the provider's own words; null for everything that may pass. */
export function pixverseRefusal(answer: UpstreamAnswer): { code: RejectionCode; detail: string } | null {
  const error = readPixverseError(answer.json)
  const meaning = CODES.get(error?.code ?? '')
  return error === null || meaning === undefined || meaning === 'busy'
    ? null
    : { code: meaning, detail: sentenceOf(error) }
}

/** Its words for an id that it does not have (any more). */
const GONE_CODES: readonly string[] = ['500008', '500064']

function isGone(answer: UpstreamAnswer): boolean {
  return answer.status < 500 && GONE_CODES.includes(readPixverseError(answer.json)?.code ?? '')
}

const failed = (code: 'provider_failed' | 'moderation_blocked', detail: string): Verdict => ({
  kind: 'failed',
  code,
  detail,
})

function succeeded(video: JsonRecord): Verdict {
  const ref = httpLink(video['url'])
  return ref === null
    ? failed('provider_failed', 'The provider says that the job succeeded, and names no video.')
    : { kind: 'done', outputs: [{ role: 'video', ref }] }
}

/** What the answer says of the job `id`; null when it is not the provider's word on it. */
export function pixverseVerdict(answer: UpstreamAnswer, id: string): Verdict | null {
  const video = respIn(answer)
  if (video === null) return isGone(answer) ? { kind: 'gone' } : null
  const status = textOf(video['status'])
  if (status === null || textOf(video['id']) !== id) return null
  switch (status) {
    case '1':
      return succeeded(video)
    case '5':
      return { kind: 'running' }
    case '6':
      // Deleted: it cannot be had, and nobody says how it ended.
      return { kind: 'gone' }
    case '7':
      return failed('moderation_blocked', "The provider's moderation did not let the video through.")
    case '8':
      return failed('provider_failed', 'The provider says that the generation failed.')
    default:
      return { kind: 'unrecognised', status: status.slice(0, 80) }
  }
}
