import { destination, pino, type DestinationStream } from 'pino'
import { createRedactor } from './redact.ts'

const STANDARD_ERROR = 2
/** Lines are written together: one system call for each would cost more than making them. */
const BATCH_BYTES = 4_096
/** The longest that a line waits for others. */
const FLUSH_MS = 200

/** What the code may do with a log. Values never hold secrets; names and texts are searched for them all the same. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Log
}

const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'authorization',
  'api_key',
  'apikey',
  'secret',
  'token',
  'key',
  'cookie',
  'sig',
  'x-api-key',
])

/** How deep objects are searched for secret fields; log lines of ours are flat or have one level below. */
const REDACT_DEPTH_MAX = 3

/** Pino's own redaction by path pattern costs more than the whole log line: names are checked here instead. */
function redacted(fields: Record<string, unknown>, depth = 0): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined
  for (const name in fields) {
    const value = fields[name]
    if (SECRET_FIELDS.has(name.toLowerCase())) (copy ??= { ...fields })[name] = '[redacted]'
    else if (isPlain(value) && depth < REDACT_DEPTH_MAX) {
      const inner = redacted(value, depth + 1)
      if (inner !== value) (copy ??= { ...fields })[name] = inner
    }
  }
  return copy ?? fields
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/**
 * Lines in batches, written synchronously: measured at a fifth of the cost of asynchronous writes, and no slower for a
 * reader that keeps up (ADR 0004). What is left is written when the process ends in order.
 */
function standardError(): DestinationStream {
  const stream = destination({
    dest: STANDARD_ERROR,
    sync: true,
    minLength: BATCH_BYTES,
    periodicFlush: FLUSH_MS,
  })
  process.once('exit', () => stream.flushSync())
  return stream
}

/**
 * JSON lines on standard error (standard output belongs to the CLI's own words).
 * @param secrets values that must never appear in a line
 */
export function createLog(
  level: string,
  target: DestinationStream = standardError(),
  secrets: readonly string[] = [],
): Log {
  const formatters = { log: (fields: Record<string, unknown>) => redacted(fields) }
  return pino({ level, base: null, formatters, hooks: { streamWrite: createRedactor(secrets) } }, target)
}

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
}
