import type { CallbackRecord } from './callback-record.ts'
import type { Clock } from './clock.ts'

export interface SenderOptions {
  readonly clock: Clock
  readonly fetch: typeof globalThis.fetch
  /** Aborts when the simulator closes. */
  readonly signal: AbortSignal
}

const ANSWER_CHARACTERS_MAX = 4_096

/** The start of a body; the rest is not waited for. */
async function startOf(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length >= ANSWER_CHARACTERS_MAX) break
  }
  return text.slice(0, ANSWER_CHARACTERS_MAX)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  const because = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : ''
  return because === '' ? error.message : `${error.message} (${because})`
}

/** Sends one callback, once, and puts what came of it on the record. Never rejects, and follows no redirect. */
export async function sendCallback(
  record: CallbackRecord,
  timeoutMs: number,
  options: SenderOptions,
): Promise<void> {
  const answered = new AbortController()
  const late = new AbortController()
  void options.clock.sleep(timeoutMs, answered.signal).then(() => late.abort())
  try {
    const response = await options.fetch(record.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...record.headers },
      body: record.body,
      redirect: 'manual',
      signal: AbortSignal.any([late.signal, options.signal]),
    })
    record.answer = await startOf(response)
    record.status = response.status
  } catch (error) {
    record.error = late.signal.aborted ? `No answer within ${timeoutMs} ms.` : reasonOf(error)
  } finally {
    answered.abort()
  }
}
