import {
  OutputGone,
  OutputUnavailable,
  ProbeUnavailable,
  SubmitUnknown,
  type CallbackReading,
  type OpenedOutput,
  type Provider,
  type RawCallback,
  type StartRequest,
  type Traits,
} from '../../src/providers/provider.ts'
import type { Clock } from '../../src/system/clock.ts'
import type { Operation, Output, StartOutcome, Verdict } from '../../src/task/verdict.ts'
import type { Gate } from './gate.ts'
import type { Job, Outage, Upstream } from './upstream.ts'

const SECOND_MS = 1_000
const ANSWER_MS = { least: 20, most: 2 * SECOND_MS }
/** Slow, but not so slow that the adapter gives up. Longer than a lease, at times. */
const SLOW_MS = { least: 5 * SECOND_MS, most: 50 * SECOND_MS }
/** When the adapter gives up on an answer. */
const TIMEOUT_MS = 60 * SECOND_MS
const PAUSE_MS = { least: SECOND_MS, most: 60 * SECOND_MS }
const CHUNKS = 3

export const TRAITS: Traits = {
  timing: {
    firstPollMs: 8_000,
    intervalMs: 10_000,
    intervalMaxMs: 90_000,
    missingGraceMs: 30_000,
    deadlineMs: 1_800_000,
  },
  pacing: { perSecond: 50, burst: 50, inFlightMax: 3 },
  cancel: 'supported',
  inputs: 'upload',
  providerOptions: [],
  callbacks: 'per_request',
  openCatalog: true,
}

/** What a simulated process and its provider have in common. */
export type Line = {
  account: string
  upstream: Upstream
  clock: Clock
  gate: Gate
  /** Told right before the billable request leaves. */
  posting: (token: string, taskId: string) => void
  /** Told of each look at a job. */
  probing: (job: Job) => void
}

/** A well-behaved adapter, on a line on which everything can go wrong. */
export class SimProvider implements Provider {
  readonly traits: Traits
  readonly cancel?: NonNullable<Provider['cancel']>
  readonly find?: NonNullable<Provider['find']>
  readonly #line: Line

  /** @param isPlain can neither cancel nor look a lost answer up, and never calls back. */
  constructor(line: Line, isPlain: boolean) {
    this.#line = line
    const { callbacks: _callbacks, ...plain } = TRAITS
    this.traits = isPlain ? { ...plain, cancel: 'unsupported' } : TRAITS
    if (isPlain) return
    this.cancel = (operation, signal) => this.#cancel(operation, signal)
    this.find = (token, signal) => this.#find(token, signal)
  }

  models(): readonly [] {
    return []
  }

  async start(request: StartRequest): Promise<StartOutcome> {
    const { upstream, account, gate } = this.#line
    const { chance, luck } = upstream
    const isFaulty = chance.happens(luck.submitFault)
    const fault = isFaulty
      ? chance.weighted(SUBMIT_FAULTS)
      : (OUTAGE_AT_SUBMIT[upstream.outageOf(account)] ?? 'none')
    if (fault === 'input_unreadable') throw new Error('an input file cannot be read')
    await this.#wait(request.signal)
    if (!request.mayStillSend()) return { kind: 'not_sent', detail: 'the lease is lost' }
    if (fault === 'refused') return { kind: 'not_sent', detail: 'ECONNREFUSED' }
    const { clientToken: token, callbackUrl } = request
    // The prompt is the task's id: so the provider's ledger can be compared with ours.
    const post = { account, token, taskId: request.request.prompt }
    this.#line.posting(token, post.taskId)
    if (fault === 'reset_before') {
      upstream.lost.add(token)
      throw new SubmitUnknown('ECONNRESET')
    }
    const refusal = this.#refusal(fault)
    if (refusal !== undefined) {
      upstream.post(post, false, null)
      await this.#wait(request.signal)
      return refusal
    }
    const job = upstream.post(post, true, callbackUrl)
    if (job === undefined) throw new Error('an accepted request has a job')
    if (fault === 'none' || fault === 'done') {
      await this.#wait(request.signal)
      if (!request.signal.aborted) return this.#accepted(job, fault === 'done')
    }
    upstream.lost.add(token)
    if (fault === 'no_answer') await gate.through(this.#line.clock.sleep(TIMEOUT_MS, request.signal))
    throw new SubmitUnknown(fault, fault === 'html' ? { rawAnswer: '<html>502</html>' } : {})
  }

  #accepted(job: Job, isDone: boolean): StartOutcome {
    const operation = { providerTaskId: job.id }
    if (!isDone) return { kind: 'accepted', operation }
    job.endsAtMs = this.#line.upstream.nowMs
    job.fate = 'done'
    return { kind: 'done', operation, ...this.#outputs(job) }
  }

  #refusal(fault: string): StartOutcome | undefined {
    const { upstream, clock } = this.#line
    const pauseMs = upstream.chance.duration(PAUSE_MS.least, PAUSE_MS.most)
    if (fault === 'limited')
      return {
        kind: 'not_sent',
        detail: '429',
        retryAtMs: clock.nowMs() + pauseMs,
        pauseAccountMs: pauseMs,
      }
    if (fault === 'moderated') return { kind: 'rejected', code: 'moderation_blocked', detail: 'no' }
    if (fault === 'no_credit') return { kind: 'rejected', code: 'account', detail: '402' }
    return undefined
  }

  async probe(operation: Operation, signal: AbortSignal): Promise<Verdict> {
    const { upstream, probing } = this.#line
    const { chance, luck } = upstream
    const job = upstream.jobs.get(operation.providerTaskId)
    if (job !== undefined) probing(job)
    await this.#wait(signal)
    this.#requireLine()
    if (chance.happens(luck.probeFault)) {
      const fault = chance.weighted({ html: 4, limited: 2, flap: 1, odd: 2 })
      if (fault === 'flap') return { kind: 'gone' }
      if (fault === 'odd') return { kind: 'unrecognised', status: 'warming_up' }
      throw unavailable(fault, upstream)
    }
    return job === undefined ? { kind: 'gone' } : this.#verdict(job)
  }

  #verdict(job: Job): Verdict {
    const { upstream } = this.#line
    switch (upstream.stateOf(job)) {
      case 'running': {
        const share = (upstream.nowMs - job.acceptedAtMs) / (job.endsAtMs - job.acceptedAtMs)
        // Some providers go back a little.
        const progress = Math.round(share * 100) - upstream.chance.whole(0, 20)
        return share < 0.1 ? { kind: 'waiting' } : { kind: 'running', progress }
      }
      case 'cancelled':
        return { kind: 'failed', code: 'provider_cancelled', detail: 'cancelled' }
      case 'failed':
        return { kind: 'failed', code: 'provider_failed', detail: 'out of memory' }
      case 'forgotten':
        return { kind: 'gone' }
      case 'done':
        return { kind: 'done', ...this.#outputs(job) }
    }
  }

  #outputs(job: Job): { outputs: readonly Output[]; expiresAtMs: number } {
    const { ref, leftMs } = this.#line.upstream.giveLink(job)
    return { outputs: [{ role: 'video', ref }], expiresAtMs: this.#line.clock.nowMs() + leftMs }
  }

  async open(output: Output, _operation: Operation, signal: AbortSignal): Promise<OpenedOutput> {
    const { upstream } = this.#line
    await this.#wait(signal)
    if (upstream.outageOf(this.#line.account) !== 'none') throw new OutputUnavailable('the network is down')
    const job = upstream.follow(output.ref)
    if (job === undefined) throw new OutputGone('403')
    const isFaulty = upstream.chance.happens(upstream.luck.downloadFault)
    const fault = isFaulty ? upstream.chance.pick(DOWNLOAD_FAULTS) : 'none'
    if (fault === 'unavailable') throw new OutputUnavailable('503')
    const sent = bytesOf(job.video, fault)
    const isDeclared = fault === 'cut_between_frames' || upstream.chance.happens(0.5)
    const declared = fault === 'html' || fault === 'empty' ? sent : job.video
    return {
      bytes: isDeclared && fault !== 'cut_in_frame' ? declared.length : null,
      close: () => {},
      body: this.#send(sent, fault === 'reset', signal),
    }
  }

  async *#send(text: string, breaksOff: boolean, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const size = Math.ceil(text.length / CHUNKS)
    for (let start = 0; start < text.length; start += size) {
      if (breaksOff && start > 0) throw new OutputUnavailable('ECONNRESET')
      yield new TextEncoder().encode(text.slice(start, start + size))
      if (this.#line.upstream.chance.happens(0.3)) await this.#wait(signal)
    }
  }

  async #cancel({ providerTaskId }: Operation, signal: AbortSignal): Promise<'cancelled' | 'refused'> {
    const { upstream } = this.#line
    await this.#wait(signal)
    this.#requireLine()
    if (upstream.chance.happens(upstream.luck.probeFault)) throw unavailable('html', upstream)
    const job = upstream.jobs.get(providerTaskId)
    if (job === undefined || upstream.stateOf(job) !== 'running') return 'refused'
    job.isCancelled = true
    return 'cancelled'
  }

  /** An exhaustive look-up: what it does not find was never accepted. */
  async #find(token: string, signal: AbortSignal): Promise<Operation | 'absent' | 'unsure'> {
    const { upstream } = this.#line
    await this.#wait(signal)
    this.#requireLine()
    const { chance, luck } = upstream
    if (chance.happens(luck.probeFault)) return 'unsure'
    const job = [...upstream.jobs.values()].find((other) => other.token === token)
    return job === undefined ? 'absent' : { providerTaskId: job.id }
  }

  readCallback({ body }: RawCallback): CallbackReading {
    const { id, status, seal } = JSON.parse(Buffer.from(body).toString('utf8')) as Record<
      string,
      string | null
    >
    const verdict = seal === 'good' ? 'trusted' : seal === 'none' ? 'unsigned' : 'forged'
    return {
      verdict,
      operation: id == null ? null : { providerTaskId: id },
      hint: status === 'ended' ? 'ended' : 'moved',
    }
  }

  #requireLine(): void {
    const { upstream, account } = this.#line
    const outage = upstream.outageOf(account)
    if (outage !== 'none') throw unavailable(outage, upstream)
  }

  async #wait(signal?: AbortSignal): Promise<void> {
    const { upstream, clock, gate } = this.#line
    const { chance, luck } = upstream
    const { least, most } = chance.happens(luck.slow) ? SLOW_MS : ANSWER_MS
    await gate.through(clock.sleep(chance.duration(least, most), signal))
  }
}

const SUBMIT_FAULTS = {
  input_unreadable: 1,
  refused: 2,
  limited: 2,
  moderated: 1,
  no_credit: 1,
  reset_before: 2,
  reset_after: 4,
  html: 2,
  no_answer: 2,
  done: 2,
} as const

const OUTAGE_AT_SUBMIT: Readonly<Partial<Record<Outage, keyof typeof SUBMIT_FAULTS>>> = {
  refused: 'refused',
  reset: 'reset_before',
  html: 'html',
  limited: 'limited',
}

const DOWNLOAD_FAULTS = [
  'unavailable',
  'reset',
  'html',
  'empty',
  'cut_between_frames',
  'cut_in_frame',
] as const

function bytesOf(video: string, fault: (typeof DOWNLOAD_FAULTS)[number] | 'none'): string {
  switch (fault) {
    case 'html':
      return '<html>expired</html>'
    case 'empty':
      return ''
    case 'cut_between_frames':
      return video.slice(0, video.lastIndexOf('frame;'))
    case 'cut_in_frame':
      return video.slice(0, -2)
    case 'none':
    case 'reset':
    case 'unavailable':
      return video
  }
}

/** What the archive's inspector finds: a whole number of frames is a video. */
export const isVideo = (bytes: Buffer | undefined): boolean =>
  /^video job-\d+ (frame;)+$/.test(bytes?.toString('utf8') ?? '')

function unavailable(fault: string, { chance }: Upstream): ProbeUnavailable {
  const pauseAccountMs = fault === 'limited' ? chance.duration(PAUSE_MS.least, PAUSE_MS.most) : undefined
  return new ProbeUnavailable(fault, { pauseAccountMs })
}
