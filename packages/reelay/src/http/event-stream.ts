import type { Log } from '../system/log.ts'
import { HEARTBEAT, OPENING } from './event-frames.ts'
import type { OpenStream } from './open-streams.ts'

/** What a stream of one kind has to send. */
export interface EventSource {
  /**
   * What is to be sent next, as text of at most some hundred kilobytes; undefined when there is nothing now, null when there
   * never will be. Called only when the client has taken what was sent before.
   */
  next(): Promise<string | undefined | null>
  /** Lets go of everything. */
  release(): void
}

const encoder = new TextEncoder()

/**
 * Server-sent events at the pace of the client. Nothing is made before the client has room for it, so that a slow one costs
 * no memory: it only skips what was overtaken meanwhile.
 */
export class EventStream implements OpenStream {
  readonly body: ReadableStream<Uint8Array>
  readonly #source: EventSource
  readonly #log: Log
  #isOpened = false
  #isOver = false
  #isReleased = false
  #beatDue = false
  /** Something happened since the last look at the source. */
  #hasNews = true
  #wake: (() => void) | undefined

  constructor(source: EventSource, log: Log) {
    this.#source = source
    this.#log = log
    this.body = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#release() },
      { highWaterMark: 0 },
    )
  }

  /** The source may have something. */
  notify(): void {
    this.#hasNews = true
    this.#wake?.()
  }

  beat(): void {
    this.#beatDue = true
    this.#wake?.()
  }

  end(): void {
    this.#isOver = true
    // Whoever does not read is not waited for.
    this.#release()
    this.#wake?.()
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const text = await this.#nextText()
    if (text === null) {
      this.#release()
      // After a cancellation there is nothing to close any more.
      if (this.#isOver) controller.close()
      return
    }
    this.#beatDue = false
    controller.enqueue(encoder.encode(text))
  }

  /** Null at the end. */
  async #nextText(): Promise<string | null> {
    if (!this.#isOpened) {
      this.#isOpened = true
      return OPENING
    }
    while (!this.#isOver && !this.#isReleased) {
      if (this.#hasNews) {
        const text = await this.#ask()
        if (text === null) this.#isOver = true
        if (text != null) return text
        continue
      }
      if (this.#beatDue) return HEARTBEAT
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
    return null
  }

  /** A store that cannot be asked ends the stream: the client comes back, to this place. */
  async #ask(): Promise<string | undefined | null> {
    this.#hasNews = false
    try {
      const text = await this.#source.next()
      // There may be more behind it.
      if (text != null) this.#hasNews = true
      return text
    } catch (error) {
      this.#log.warn({ err: error }, 'an event stream ends early: its client comes back')
      return null
    }
  }

  #release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#source.release()
    this.#wake?.()
  }
}

export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'private, no-cache, no-transform',
  // nginx would hold events back until its buffer is full.
  'x-accel-buffering': 'no',
}

/** Whether a client asks for events rather than for JSON. */
export const wantsEventStream = (accept: string | null): boolean =>
  (accept ?? '')
    .split(',', 20)
    .some((part) => /^\s*text\/event-stream\s*(;(?!\s*q=0(\.0*)?\s*$).*)?$/i.test(part))
