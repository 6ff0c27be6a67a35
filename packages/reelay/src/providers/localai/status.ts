import { listOf, recordOf, textOf } from '../../system/json.ts'
import type { Operation, ProviderFailure, RejectionCode, StartOutcome, Verdict } from '../../task/verdict.ts'
import { PLAIN_RULES, type RefusalRules } from '../classify-submit.ts'
import { readProviderError } from '../provider-error.ts'
import type { UpstreamAnswer } from '../upstream.ts'

/** Where it serves the files that it made. */
const FILES = '/generated-videos/'

/**
 * It repeats the HTTP status as a number in its error, which no proxy before it does. It renders while the request waits:
 * with an error of its own nothing is under way any more, so that a 500 is final here.
 */
export const LOCALAI_RULES: RefusalRules = {
  ...PLAIN_RULES,
  codes: new Map([
    ['500', 'rejected_by_provider'],
    ['501', 'rejected_by_provider'],
    ['412', 'rejected_by_provider'],
    ['503', 'busy'],
    ['model_loading', 'busy'],
  ]),
}

/** The path of the file, whichever host the link names: the server may know itself by another one than its clients do. */
function filePathOf(link: unknown): string | null {
  const path = URL.parse(textOf(link) ?? '', 'http://localhost/')?.pathname ?? ''
  const name = path.slice(path.lastIndexOf(FILES) + FILES.length)
  return path.includes(FILES) && name !== '' && !name.includes('/') ? FILES + name : null
}

/** The answer is the result: what there is of the job from then on is its file. */
export function localaiOperation({ status, json }: UpstreamAnswer): Operation | null {
  const { id, data } = recordOf(json)
  const providerTaskId = textOf(id)
  const file = filePathOf(recordOf(listOf(data)[0])['url'])
  return status !== 200 || providerTaskId === null || file === null ? null : { providerTaskId, file }
}

/** The file of a job that was answered; null when there is none. */
export const localaiFile = (operation: Operation): string | null => filePathOf(operation['file'])

/** Only the first byte is asked for. A server that ignores that sends the whole video. */
export const FIRST_BYTE: Readonly<Record<string, string>> = { range: 'bytes=0-0', accept: '*/*' }

/** More than any error has. */
const LOOK_BYTES_MAX = 64 * 1024

/** The beginning of an answer: of a whole video the rest is not waited for. */
export async function* beginning(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const part of body) {
    yield part.subarray(0, LOOK_BYTES_MAX - bytes)
    bytes += part.byteLength
    if (bytes >= LOOK_BYTES_MAX) return
  }
}

function isThere({ status, headers }: UpstreamAnswer): boolean {
  if (status === 206) return /^bytes 0-0\/[1-9]\d*$/.test(headers.get('content-range') ?? '')
  return status === 200 && (headers.get('content-type') ?? '').startsWith('video/')
}

/** What the answer to a look at the file says; null when it is not the provider's word on it. */
export function fileVerdict(answer: UpstreamAnswer, path: string): Verdict | null {
  if (isThere(answer)) return { kind: 'done', outputs: [{ role: 'video', ref: path }] }
  return answer.status === 404 && readProviderError(answer.json)?.code === '404' ? { kind: 'gone' } : null
}

const FAILURES: Readonly<Record<RejectionCode, ProviderFailure>> = {
  moderation_blocked: 'moderation_blocked',
  invalid_input: 'invalid_input',
  rejected_by_provider: 'provider_failed',
  account: 'provider_failed',
}

/** What a refusal means that came after the job counted as accepted. */
export function lateRefusal({ code, detail }: Extract<StartOutcome, { kind: 'rejected' }>): Verdict {
  return { kind: 'failed', code: FAILURES[code], detail }
}
