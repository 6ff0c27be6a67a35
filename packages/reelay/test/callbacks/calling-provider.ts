import type { CallbackReading, RawCallback, StartRequest } from '../../src/providers/provider.ts'
import type { Operation, StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { done, lostAnswer, ScriptedProvider } from '../engine/scripted-provider.ts'

/** A job upstream: it runs until somebody gives it an end. */
export type Job = {
  id: string
  /** Where it may call back. */
  url: string | null
  /** What a look finds; `running` unless set. */
  verdict: Verdict
  /** When it was looked at. */
  looksAtMs: number[]
}

export type Call = { id?: string; hint?: CallbackReading['hint']; signature?: 'good' | 'bad' }

export const bodyOf = (call: Call): Uint8Array => Buffer.from(JSON.stringify(call))

const MINUTE_MS = 60_000

/** A provider that is given a URL for each job. Looks at its jobs are a minute apart. */
export class CallingProvider extends ScriptedProvider {
  /** In the order of their submits. */
  readonly jobs: Job[] = []
  /** How many of the first submits lose their answer; the job exists all the same. */
  answersLost = 0
  onStart: (request: StartRequest) => void = () => {}
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    super()
    this.#nowMs = nowMs
    this.traits = {
      ...this.traits,
      timing: {
        firstPollMs: MINUTE_MS,
        intervalMs: MINUTE_MS,
        intervalMaxMs: MINUTE_MS,
        missingGraceMs: MINUTE_MS,
        deadlineMs: 60 * MINUTE_MS,
      },
      pacing: { perSecond: 10_000, burst: 10_000, inFlightMax: 1_000 },
      callbacks: 'per_request',
    }
    this.openScript = [Buffer.from('video bytes')]
  }

  override async start(request: StartRequest): Promise<StartOutcome> {
    this.onStart(request)
    this.starts.push(request)
    const job: Job = {
      id: `job-${this.jobs.length}`,
      url: request.callbackUrl,
      verdict: { kind: 'running' },
      looksAtMs: [],
    }
    this.jobs.push(job)
    if (this.jobs.length <= this.answersLost) throw lostAnswer()
    return { kind: 'accepted', operation: { providerTaskId: job.id } }
  }

  override async probe(operation?: Operation): Promise<Verdict> {
    const job = this.jobs.find(({ id }) => id === operation?.providerTaskId)
    if (job === undefined) return { kind: 'gone' }
    job.looksAtMs.push(this.#nowMs())
    return job.verdict
  }

  readonly readCallback = ({ body }: RawCallback): CallbackReading => {
    const { id, hint, signature } = JSON.parse(Buffer.from(body).toString('utf8')) as Call
    return {
      verdict: signature === 'good' ? 'trusted' : signature === 'bad' ? 'forged' : 'unsigned',
      operation: id === undefined ? null : { providerTaskId: id },
      hint: hint ?? 'moved',
    }
  }

  /** The job of the first submit, or a later one. */
  job(index = 0): Job {
    const job = this.jobs[index]
    if (job === undefined) throw new Error(`there is no job ${index}`)
    return job
  }

  end(index = 0, verdict: Verdict = done): void {
    this.job(index).verdict = verdict
  }
}
