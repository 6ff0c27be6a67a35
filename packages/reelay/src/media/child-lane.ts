import type { ChildProcess } from 'node:child_process'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import type { ChildRequest, ChildResult } from './child-messages.ts'
import { MediaFailed } from './media-failed.ts'
import { RunningChild, type Ending } from './running-child.ts'

export interface LaneOptions {
  /** Names the lane in logs and errors. */
  readonly name: string
  readonly fork: () => ChildProcess
  readonly clock: Clock
  readonly log: Log
}

export interface RunOptions {
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly onProgress: (fraction: number) => void
}

const STARTS_MAX = 2

function cancelled(): MediaFailed {
  return new MediaFailed('cancelled', 'The media job was cancelled.')
}

function stopped(): MediaFailed {
  return new MediaFailed('stopped', 'The media job ended because the gateway stops.')
}

/**
 * One child process and its queue: jobs run one at a time, in order. The child is forked for the first job, reused, and
 * killed when its job is cancelled or runs out of time; the next job gets a new one.
 */
export class ChildLane {
  readonly #options: LaneOptions
  readonly #stop = new AbortController()
  #tail: Promise<void> = Promise.resolve()
  #child: RunningChild | undefined
  #requests = 0

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Throws `MediaFailed`, or `PreviewFailed` when the prompt asked for it. */
  async run(request: ChildRequest, options: RunOptions): Promise<ChildResult> {
    const turn = this.#tail
    const finished = Promise.withResolvers<void>()
    this.#tail = turn.then(() => finished.promise)
    const ending = AbortSignal.any([options.signal, this.#stop.signal])
    try {
      await Promise.race([turn, whenAborted(ending)])
      this.#throwIfEnding(options.signal)
      return await this.#runNow(request, options)
    } finally {
      finished.resolve()
    }
  }

  /** Ends the running job and the queued ones with `stopped`, and the child. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#tail
    await this.#child?.kill()
  }

  async #runNow(request: ChildRequest, options: RunOptions): Promise<ChildResult> {
    for (let starts = 0; starts < STARTS_MAX; starts += 1) {
      const ending = await this.#converse(request, options)
      if (ending.kind === 'done') return ending.result
      if (ending.kind === 'failed') throw ending.error
      this.#throwIfEnding(options.signal)
    }
    throw new MediaFailed(
      'crashed',
      `The ${this.#options.name} process does not start; see the log for its last words.`,
    )
  }

  async #converse(request: ChildRequest, options: RunOptions): Promise<Ending> {
    if (this.#child === undefined || this.#child.hasEnded) {
      this.#child = new RunningChild(this.#options.fork(), this.#options.name, this.#options.log)
    }
    const child = this.#child
    this.#requests += 1
    const done = new AbortController()
    let killReason: MediaFailed | undefined
    const kill = (reason: MediaFailed): void => {
      killReason ??= reason
      void child.kill()
    }
    const onCancel = (): void => kill(cancelled())
    const onStop = (): void => kill(stopped())
    options.signal.addEventListener('abort', onCancel, { once: true })
    this.#stop.signal.addEventListener('abort', onStop, { once: true })
    const limit = this.#killAfter(options.timeoutMs, done.signal, kill)
    try {
      const ending = await child.ask(this.#requests, request, options.onProgress)
      return killReason === undefined || ending.kind === 'done'
        ? ending
        : { kind: 'failed', error: killReason }
    } finally {
      done.abort()
      options.signal.removeEventListener('abort', onCancel)
      this.#stop.signal.removeEventListener('abort', onStop)
      await limit
    }
  }

  async #killAfter(timeoutMs: number, done: AbortSignal, kill: (reason: MediaFailed) => void): Promise<void> {
    await this.#options.clock.sleep(timeoutMs, done)
    if (done.aborted) return
    const seconds = Math.round(timeoutMs / 1000)
    kill(
      new MediaFailed(
        'timed_out',
        `The ${this.#options.name} job took longer than ${seconds} s and was ended.`,
      ),
    )
  }

  #throwIfEnding(signal: AbortSignal): void {
    if (this.#stop.signal.aborted) throw stopped()
    if (signal.aborted) throw cancelled()
  }
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
