import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import type { Render } from './render-time.ts'
import type { FilePart } from './request.ts'

/** A file part of a create, without its bytes. */
export type LedgerFile = Omit<FilePart, 'content'>

/** One billable POST, durable before any byte of its answer left. */
export interface LedgerEntry {
  readonly kind: 'create'
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The task's id; null when nothing was made. */
  readonly id: string | null
  readonly dialect: string
  /** Where the create was sent. */
  readonly path: string
  readonly model: string
  readonly prompt: string
  /** Credentials, host, content type, idempotency key, user agent and everything that starts with `x-`. */
  readonly headers: Readonly<Record<string, string>>
  /** The key that it came with, as the dialect reads it; empty for none. */
  readonly key: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly files: readonly LedgerFile[]
  /** Whether a task exists now, whatever the answer said and whether or not one was sent. */
  readonly accepted: boolean
  /** Whether the task was there before: the client's token was known, and nothing more is billed. */
  readonly repeated: boolean
  /** The client's own token for the job. */
  readonly clientToken: string | null
  /** Where the task calls back. */
  readonly callbackUrl: string | null
  /** The fault that struck the answer, as it was written. */
  readonly fault: string | null
  readonly remixOf: string | null
  /** How long the task takes; null when it goes by polls. */
  readonly render: Render | null
}

/** A create, or what has to outlive a restart beside it. */
export type LedgerRecord =
  | LedgerEntry
  | {
      readonly kind: 'poll'
      readonly id: string
      readonly polls: number
      readonly finishedAtMs: number | null
    }
  | { readonly kind: 'script'; readonly id: string; readonly text: string }
  | { readonly kind: 'remove'; readonly id: string }
  /** It is cancelled once it was asked for so often. */
  | { readonly kind: 'cancel'; readonly id: string; readonly afterPolls: number; readonly at: number }
  /** Its callback for this phase has left, or been given up. */
  | { readonly kind: 'told'; readonly id: string; readonly phase: string }

export interface Ledger {
  /** Returns once a create is on the disk; the rest waits for the operating system. */
  append(record: LedgerRecord): void
  close(): void
}

const LINE_FEED = 0x0a

/** The bytes up to the last line's end; what follows is a record that the process died in the middle of. */
function wholeLines(path: string): Buffer {
  const bytes = readFileSync(path)
  return bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1)
}

const KINDS: readonly unknown[] = ['create', 'poll', 'script', 'remove', 'cancel', 'told']

/** Only `openLedger` writes the file, from values of this very type: its kind is all that is looked at. */
function isRecord(value: unknown): value is LedgerRecord {
  return typeof value === 'object' && value !== null && 'kind' in value && KINDS.includes(value.kind)
}

function recordOf(line: string): LedgerRecord {
  const value: unknown = JSON.parse(line)
  if (!isRecord(value)) throw new Error(`This is no ledger of the simulator: it has the line ${line}`)
  return value
}

/** All records of a ledger in order; none when the file does not exist. */
export function readLedgerRecords(path: string): LedgerRecord[] {
  if (!existsSync(path)) return []
  const lines = wholeLines(path).toString('utf8').split('\n')
  return lines.filter((line) => line !== '').map(recordOf)
}

/** Every POST that reached the simulator, in order; also while it runs or after it was killed. */
export function readLedger(path: string): LedgerEntry[] {
  return readLedgerRecords(path).filter((record) => record.kind === 'create')
}

/** Opens a ledger for appending; cuts a torn last line off first, so that the next record starts a line. */
export function openLedger(path: string): Ledger {
  if (existsSync(path)) truncateSync(path, wholeLines(path).length)
  const file = openSync(path, 'a')
  let isClosed = false
  return {
    append: (record) => {
      // A closed descriptor's number may belong to another file by now.
      if (isClosed) throw new Error(`The ledger ${path} is closed; nothing more can happen to its tasks.`)
      writeFileSync(file, `${JSON.stringify(record)}\n`)
      if (record.kind === 'create') fsyncSync(file)
    },
    close: () => {
      isClosed = true
      closeSync(file)
    },
  }
}

/** For a simulator that needs no file. */
export const nullLedger: Ledger = { append: () => {}, close: () => {} }
