import { ReelayApiError, type ReelayErrorCode } from './errors.ts'
import { isRecord, textOf, type JsonRecord } from './json.ts'
import { retryAfterMs } from './pacing.ts'

/** An answer, read to its end. */
export type Answer = {
  status: number
  headers: Headers
  text: string
  /** The parsed JSON; undefined when the body is not JSON. */
  body: unknown
  receivedAtMs: number
}

/** Far above the longest list page; a body over it is not an answer of this API. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024
const EXCERPT_LENGTH = 300

export async function readAnswer(response: Response, nowMs: () => number): Promise<Answer> {
  const text = await readText(response)
  return answerOf(response, text, nowMs())
}

export const answerOf = (response: Response, text: string, receivedAtMs: number): Answer => ({
  status: response.status,
  headers: response.headers,
  text,
  body: parse(text),
  receivedAtMs,
})

async function readText(response: Response): Promise<string> {
  if (response.body === null) return ''
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > ANSWER_BYTES_MAX) {
      await reader.cancel().catch(() => {})
      const message = `The answer is over ${ANSWER_BYTES_MAX} bytes: check that baseURL is right`
      throw new ReelayApiError('unexpected_answer', message, { status: response.status })
    }
    text += decoder.decode(value, { stream: true })
  }
}

function parse(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

export const isSuccess = (answer: Answer): boolean => answer.status >= 200 && answer.status < 300

type Fault = { message: string | null; type: string | null; param: string | null; serverCode: string | null }

/** The error that an answer stands for. Reads the envelopes of this API and of its look-alikes. */
export function errorFromAnswer(answer: Answer): ReelayApiError {
  const fault = faultOf(answer.body)
  const code = codeOf(answer, fault)
  const what = fault.message ?? excerpt(answer)
  const pauseMs = retryAfterMs(answer.headers, answer.receivedAtMs)
  return new ReelayApiError(code, `HTTP ${answer.status}: ${what}`, {
    status: answer.status,
    type: fault.type,
    param: fault.param,
    serverCode: fault.serverCode,
    requestId: answer.headers.get('x-request-id'),
    retryAfterMs: pauseMs,
    retryable: isRetryable(answer, code, fault.serverCode, pauseMs !== null),
  })
}

/** For a success whose body is not what the route answers. */
export function unexpectedAnswer(answer: Answer, wanted: string): ReelayApiError {
  const message = `HTTP ${answer.status} without ${wanted}: ${excerpt(answer)}`
  return new ReelayApiError('unexpected_answer', message, {
    status: answer.status,
    requestId: answer.headers.get('x-request-id'),
  })
}

function faultOf(body: unknown): Fault {
  if (!isRecord(body)) return { message: null, type: null, param: null, serverCode: null }
  const inner = body['error']
  const source: JsonRecord = isRecord(inner) ? inner : body
  const message =
    typeof inner === 'string' ? inner : (textOf(source['message']) ?? detailOf(source['detail']))
  return {
    message,
    type: textOf(source['type']),
    param: textOf(source['param']),
    serverCode: textOf(source['code']) ?? textOf(body['code']),
  }
}

// FastAPI servers say {detail: "…"} or {detail: [{msg, loc}]}.
function detailOf(detail: unknown): string | null {
  if (Array.isArray(detail))
    return detail.length === 0 ? null : JSON.stringify(detail).slice(0, EXCERPT_LENGTH)
  return textOf(detail)
}

function excerpt(answer: Answer): string {
  const location = answer.headers.get('location')
  if (answer.status >= 300 && answer.status < 400) {
    const where = location === null ? '' : ` to ${location.slice(0, EXCERPT_LENGTH)}`
    return `unexpected redirect${where}: check baseURL`
  }
  const text = answer.text.replaceAll(/\s+/g, ' ').trim()
  if (text === '') return 'the answer is empty'
  if (text.startsWith('<')) return 'the answer is an HTML or XML page, not JSON: check baseURL'
  return text.slice(0, EXCERPT_LENGTH)
}

const CODE_OF_SERVER_CODE: Readonly<Record<string, ReelayErrorCode>> = {
  task_not_exist: 'not_found',
  video_not_found: 'not_found',
  video_not_ready: 'not_ready',
  video_expired: 'expired',
  insufficient_quota: 'quota_exceeded',
  operation_not_supported: 'not_supported',
}

const CODE_OF_STATUS: Readonly<Record<number, ReelayErrorCode>> = {
  401: 'unauthorized',
  402: 'quota_exceeded',
  403: 'forbidden',
  404: 'not_found',
  405: 'not_supported',
  409: 'conflict',
  410: 'expired',
  413: 'too_large',
  429: 'rate_limited',
  501: 'not_supported',
}

function codeOf(answer: Answer, fault: Fault): ReelayErrorCode {
  const known = CODE_OF_SERVER_CODE[fault.serverCode ?? '']
  if (known !== undefined) return known
  // CometAPI names an unknown task only in the message text, with a request id around it.
  if (answer.status === 400 && fault.message?.includes('task_not_exist')) return 'not_found'
  if (answer.status < 300 && fault.message === null) return 'unexpected_answer'
  if (answer.status >= 300 && answer.status < 400) return 'unexpected_answer'
  return CODE_OF_STATUS[answer.status] ?? (answer.status >= 500 ? 'server_error' : 'bad_request')
}

function isRetryable(
  answer: Answer,
  code: ReelayErrorCode,
  serverCode: string | null,
  pauses: boolean,
): boolean {
  const advice = answer.headers.get('x-should-retry')
  if (advice === 'true') return true
  if (advice === 'false' || code === 'quota_exceeded' || code === 'not_supported') return false
  if (answer.status === 408 || answer.status === 425 || answer.status === 429) return true
  // Only a server that says when to come back regards the conflict as passing.
  if (answer.status === 409) return pauses
  // CometAPI answers 500 with this code for a request that can never succeed.
  return answer.status >= 500 && serverCode !== 'invalid_request'
}
