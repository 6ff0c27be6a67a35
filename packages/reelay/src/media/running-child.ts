import { EventEmitter } from 'node:events'
import type { ChildProcess } from 'node:child_process'
import type { Log } from '../system/log.ts'
import type { ChildReply, ChildRequest, ChildResult } from './child-messages.ts'
import { EXIT_MEMORY } from './child-settings.ts'
import { MediaFailed } from './media-failed.ts'
import { PreviewFailed } from './preview-failed.ts'

/** How one conversation with a child ended. */
export type Ending =
  | { readonly kind: 'done'; readonly result: ChildResult }
  /** The child left between two jobs, before it took this one. */
  | { readonly kind: 'not_started' }
  | { readonly kind: 'failed'; readonly error: Error }

const STDERR_CHARACTERS_MAX = 2_000

function isReply(value: unknown): value is ChildReply {
  return typeof value === 'object' && value !== null && 'id' in value && 'kind' in value
}

function failureOf({ code, message }: Extract<ChildReply, { kind: 'failed' }>): Error {
  return code === 'requested' ? new PreviewFailed() : new MediaFailed(code, message)
}

/** A forked child, asked one thing at a time. It keeps this process alive only while it works. */
export class RunningChild {
  readonly #process: ChildProcess
  readonly #name: string
  readonly #log: Log
  readonly #ended = Promise.withResolvers<void>()
  readonly #events = new EventEmitter()
  #stderr = ''
  #isKilled = false
  hasEnded = false

  constructor(child: ChildProcess, name: string, log: Log) {
    this.#process = child
    this.#name = name
    this.#log = log
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS_MAX)
    })
    child.on('message', (message: unknown) => {
      if (isReply(message)) this.#events.emit('reply', message)
    })
    child.once('exit', (code, signal) => this.#onEnd(code, signal, undefined))
    // Without a process id the start itself failed and no `exit` will follow.
    child.on('error', (error) => {
      if (child.pid === undefined) this.#onEnd(null, null, error)
    })
    this.#hold(false)
  }

  async kill(): Promise<void> {
    this.#isKilled = true
    if (!this.hasEnded) this.#process.kill('SIGKILL')
    this.#hold(true)
    await this.#ended.promise
  }

  async ask(id: number, request: ChildRequest, onProgress: (fraction: number) => void): Promise<Ending> {
    const answer = Promise.withResolvers<Ending>()
    let hasStarted = false
    let reached = 0
    const onReply = (reply: ChildReply): void => {
      if (reply.id !== id) return
      hasStarted = true
      if (reply.kind === 'done') answer.resolve({ kind: 'done', result: reply.result })
      if (reply.kind === 'failed') answer.resolve({ kind: 'failed', error: failureOf(reply) })
      if (reply.kind !== 'progress' || reply.fraction <= reached) return
      reached = reply.fraction
      onProgress(Math.min(1, reached))
    }
    const onEnded = (error: Error): void =>
      answer.resolve(hasStarted ? { kind: 'failed', error } : { kind: 'not_started' })
    this.#events.on('reply', onReply)
    this.#events.once('ended', onEnded)
    this.#hold(true)
    // A child that just left reports it as an exit, not through this call.
    if (!this.hasEnded) this.#process.send({ id, request }, () => {})
    else onEnded(new Error('the child has ended'))
    try {
      return await answer.promise
    } finally {
      this.#events.off('reply', onReply)
      this.#events.off('ended', onEnded)
      this.#hold(false)
    }
  }

  #onEnd(code: number | null, signal: string | null, error: Error | undefined): void {
    if (this.hasEnded) return
    this.hasEnded = true
    const [log, name] = [this.#log, this.#name]
    const wasAsked = this.#events.listenerCount('ended') > 0
    const fields = { lane: name, code, signal, stderr: this.#stderr, error: error?.message }
    // Who kills it knows why and says so; the start-up check that a stop cuts short is nobody's job at all.
    if (wasAsked && !this.#isKilled) log.warn(fields, 'The media process ended during a job.')
    else log.debug(fields, 'The media process ended.')
    const how =
      code === EXIT_MEMORY
        ? 'it needed too much memory'
        : (error?.message ?? `it ended with ${signal ?? `code ${code}`}`)
    this.#events.emit('ended', new MediaFailed('crashed', `The ${name} process died during the job: ${how}.`))
    this.#ended.resolve()
  }

  #hold(keepsAlive: boolean): void {
    const { channel, stderr } = this.#process
    const handles: unknown[] = [this.#process, channel, stderr]
    for (const handle of handles) {
      if (typeof handle !== 'object' || handle === null || !('ref' in handle && 'unref' in handle)) continue
      const change = keepsAlive ? handle.ref : handle.unref
      if (typeof change === 'function') change.call(handle)
    }
  }
}
