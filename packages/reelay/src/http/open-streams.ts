import type { Clock } from '../system/clock.ts'
import { tooManyStreams } from './limit-answer.ts'

/** Often enough that proxies, which give up after half a minute or more, keep the connection. */
const BEAT_MS = 15_000
/** How long a stream lasts. Clients go on by themselves, with a key that is checked again. */
const AGE_MS_MAX = 15 * 60_000

/** One answer that goes on. */
export interface OpenStream {
  /** Sends something, so that both ends and all between them know that the other is there. */
  beat(): void
  /** Ends it in order: the client may come back. */
  end(): void
}

type Entry = { stream: OpenStream; openedMs: number }

export type OpenStreamsParts = {
  clock: Clock
  /** The process is stopping: all are ended. */
  stopping: AbortSignal
  /** Of one project in this process. */
  perProjectMax: number
}

/** All event streams of this process, with one heartbeat for them together. */
export class OpenStreams {
  readonly #parts: OpenStreamsParts
  readonly #entries = new Set<Entry>()
  readonly #counts = new Map<string, number>()
  #beating: AbortController | undefined

  constructor(parts: OpenStreamsParts) {
    this.#parts = parts
    parts.stopping.addEventListener('abort', () => {
      for (const { stream } of this.#entries) stream.end()
    })
  }

  get size(): number {
    return this.#entries.size
  }

  /** @throws ApiError `rate_limit_exceeded` when the project has as many as it may have */
  requireRoom(projectId: string): void {
    if ((this.#counts.get(projectId) ?? 0) >= this.#parts.perProjectMax)
      throw tooManyStreams(this.#parts.perProjectMax)
  }

  /**
   * Counts the stream until the returned function is called.
   * @throws ApiError as `requireRoom`
   */
  add(projectId: string, stream: OpenStream): () => void {
    this.requireRoom(projectId)
    const entry = { stream, openedMs: this.#parts.clock.monotonicMs() }
    this.#entries.add(entry)
    this.#counts.set(projectId, (this.#counts.get(projectId) ?? 0) + 1)
    if (this.#beating === undefined) void this.#beat((this.#beating = new AbortController()))
    return () => {
      if (!this.#entries.delete(entry)) return
      const left = (this.#counts.get(projectId) ?? 1) - 1
      if (left > 0) this.#counts.set(projectId, left)
      else this.#counts.delete(projectId)
      if (this.#entries.size > 0) return
      this.#beating?.abort()
      this.#beating = undefined
    }
  }

  async #beat({ signal }: AbortController): Promise<void> {
    const { clock } = this.#parts
    for (;;) {
      await clock.sleep(BEAT_MS, signal)
      if (signal.aborted) return
      const oldestMs = clock.monotonicMs() - AGE_MS_MAX
      for (const { stream, openedMs } of this.#entries) {
        if (openedMs <= oldestMs) stream.end()
        else stream.beat()
      }
    }
  }
}
