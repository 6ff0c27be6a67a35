import { Writable } from 'node:stream'
import { TestClock } from '../system/test-clock.ts'
import type { Ids } from '../system/ids.ts'
import type { Io, OutputStream } from './io.ts'

/** Longest pause that the test clock skips: those between two looks at a task, not the time limits. */
const SKIPPED_MS_MAX = 500

/** A clock that stands still and does not make anybody wait for the pause between two looks. */
class EagerClock extends TestClock {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms > SKIPPED_MS_MAX) return super.sleep(ms, signal)
    return new Promise((resolve) => setImmediate(resolve))
  }
}

type TestTerminal = { columns: number; rows?: number }

class MemoryStream extends Writable implements OutputStream {
  isTTY: boolean | undefined
  columns: number | undefined
  rows: number | undefined
  readonly #chunks: Buffer[] = []

  constructor(terminal: TestTerminal | null) {
    super()
    this.isTTY = terminal !== null
    this.columns = terminal?.columns
    this.rows = terminal?.rows
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return this.bytes.toString()
  }
}

export type TestIoOptions = {
  url?: string
  env?: Record<string, string>
  /** Both streams are a terminal of this size. */
  terminal?: TestTerminal
  homeDirectory?: string
  /** What the person answers. */
  answer?: boolean | null
}

export type TestIo = Io & {
  readonly stdout: MemoryStream
  readonly stderr: MemoryStream
  readonly clock: TestClock
  readonly questions: readonly string[]
  /** Presses Ctrl-C. */
  interrupt(): void
}

/** The world of one command in a test; the environment holds an address and a key. */
export function testIo(options: TestIoOptions = {}): TestIo {
  const terminal = options.terminal ?? null
  const listeners = new Set<() => void>()
  const questions: string[] = []
  const counter = { next: 0 }
  const nextText = (): string => `fixed${(counter.next += 1)}`
  const ids: Ids = { id: (prefix) => `${prefix}_${nextText()}`, secret: nextText }
  return {
    stdout: new MemoryStream(terminal),
    stderr: new MemoryStream(terminal),
    canAsk: terminal !== null,
    env: { REELAY_URL: options.url ?? 'http://127.0.0.1:9', REELAY_API_KEY: 'rk_test', ...options.env },
    homeDirectory: options.homeDirectory ?? '/nowhere',
    clock: new EagerClock(),
    ids,
    fetch: (input, init) => globalThis.fetch(input, init),
    onInterrupt: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    confirm: (question) => {
      questions.push(question)
      return Promise.resolve(options.answer === undefined ? false : options.answer)
    },
    questions,
    interrupt: () => {
      for (const listener of listeners) listener()
    },
  }
}
