import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'

/** A file part of a create, without its bytes. */
export interface LedgerFile {
  readonly field: string
  readonly filename: string
  readonly mime: string
  readonly bytes: number
  readonly sha256: string
}

/** One billable POST, durable before any byte of its answer left. */
export interface LedgerEntry {
  readonly kind: 'create'
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The task's id; null when nothing was made. */
  readonly id: string | null
  readonly dialect: string
  readonly model: string
  readonly prompt: string
  /** Authorization, content type, idempotency key, user agent and everything that starts with `x-`. */
  readonly headers: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, unknown>>
  readonly files: readonly LedgerFile[]
  /** Whether a task exists now, whatever the answer said and whether or not one was sent. */
  readonly accepted: boolean
  /** The fault that struck the answer, as it was written. */
  readonly fault: string | null
  readonly remixOf: string | null
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

export interface Ledger {
  /** Returns once the record is in the file; a create is also flushed to the disk. */
  append(record: LedgerRecord): void
  close(): void
}

const LINE_FEED = 0x0a

/** Everything up to the last complete line: a writer killed within a line never answered for it. */
function wholeLines(path: string): Buffer {
  const bytes = readFileSync(path)
  return bytes.subarray(0, bytes.lastIndexOf(LINE_FEED) + 1)
}

function recordOf(line: string): LedgerRecord {
  // Only `openLedger` writes the file, from values of this very type.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(line) as LedgerRecord
}

/** All records of a ledger in order; none when the file does not exist. */
export function readLedgerRecords(path: string): LedgerRecord[] {
  if (!existsSync(path)) return []
  const lines = wholeLines(path).toString('utf8').split('\n')
  return lines.filter((line) => line !== '').map(recordOf)
}

/** Every POST that reached the upstream, in order; also while the upstream runs or after it was killed. */
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

/** For an upstream that needs no file. */
export const nullLedger: Ledger = { append: () => {}, close: () => {} }
