import { createHash } from 'node:crypto'

const TRACE_CHARACTERS = 32
const SPAN_CHARACTERS = 16

export type SpanReference = { traceId: string; spanId: string; traceFlags: number }

const digest = (purpose: string, taskId: string, characters: number): string =>
  createHash('sha256').update(`reelay-${purpose}-1:${taskId}`).digest('hex').slice(0, characters)

/**
 * The trace of a task and the span of its create, made of its id: whichever process works on the task, and however often
 * it was restarted, continues the same trace without anything being stored for it.
 */
export const traceIdOf = (taskId: string): string => digest('trace', taskId, TRACE_CHARACTERS)
export const rootSpanIdOf = (taskId: string): string => digest('span', taskId, SPAN_CHARACTERS)

/** As W3C's Trace Context has it, version 00. */
export const traceparentText = ({ traceId, spanId, traceFlags }: SpanReference): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`

/** Undefined for what is none. Versions to come begin like this one. */
export function parseTraceparent(text: string | null): SpanReference | undefined {
  const match =
    /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/.exec(
      text?.trim() ?? '',
    )
  if (match === null) return undefined
  const [, traceId = '', spanId = '', flags = ''] = match
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) }
}
