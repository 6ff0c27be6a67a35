import type { Writable } from 'node:stream'
import type { Clock } from '../system/clock.ts'
import type { Ids } from '../system/ids.ts'

export type OutputStream = Writable & {
  isTTY?: boolean | undefined
  columns?: number | undefined
  rows?: number | undefined
}

/** Everything that a command touches outside the file system. The process has one, tests make their own. */
export type Io = {
  /** Results. */
  stdout: OutputStream
  /** Progress, remarks and errors. */
  stderr: OutputStream
  /** Whether a person can be asked: standard input and standard error are a terminal. */
  canAsk: boolean
  env: Readonly<Record<string, string | undefined>>
  homeDirectory: string
  clock: Clock
  ids: Ids
  fetch: typeof globalThis.fetch
  /** Calls the listener on Ctrl-C instead of ending the process, until the returned function is called. */
  onInterrupt(listener: () => void): () => void
  /** Asks a yes-or-no question; null when the person pressed Ctrl-C. */
  confirm(question: string): Promise<boolean | null>
}

/** What every command takes. */
export type GlobalOptions = {
  url?: string
  apiKey?: string
  json?: boolean
}

export function writeLine(stream: OutputStream, text: string): void {
  stream.write(`${text}\n`)
}

/** A whole result, readable for people too. */
export function writeJson(io: Io, value: unknown): void {
  writeLine(io.stdout, JSON.stringify(value, null, 2))
}
