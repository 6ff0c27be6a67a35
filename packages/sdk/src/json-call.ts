import { unexpectedAnswer, type Answer } from './answer.ts'
import { mayRepeatUnsafe } from './create-video.ts'
import { isRecord, recordOf, type JsonRecord } from './json.ts'
import type { Call } from './transport.ts'

type Reader<T> = (value: JsonRecord) => T | null

/** A request for JSON, with a JSON body where there is one. A POST is not repeated when its outcome is in doubt. */
export function jsonCall(
  method: Call['method'],
  path: string,
  { body, signal }: { body?: object; signal?: AbortSignal | undefined } = {},
): Call {
  return {
    method,
    path,
    headers: { accept: 'application/json' },
    signal,
    ...(body === undefined
      ? {}
      : { body: () => ({ content: JSON.stringify(body), contentType: 'application/json' }) }),
    ...(method === 'POST' ? { mayRetry: mayRepeatUnsafe } : {}),
  }
}

/** @throws ReelayApiError `unexpected_answer` */
export function objectOf<T>(answer: Answer, read: Reader<T>, wanted: string): T {
  const value = read(recordOf(answer.body))
  if (value === null) throw unexpectedAnswer(answer, wanted)
  return value
}

/** What is no such object is left out. @throws ReelayApiError `unexpected_answer` when there is no list */
export function listOf<T>(answer: Answer, read: Reader<T>, wanted: string): T[] {
  const data = recordOf(answer.body)['data']
  if (!Array.isArray(data)) throw unexpectedAnswer(answer, wanted)
  const entries: readonly unknown[] = data
  return entries.flatMap((entry) => (isRecord(entry) ? (read(entry) ?? []) : []))
}
