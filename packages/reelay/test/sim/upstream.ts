import type { Clock } from '../../src/system/clock.ts'
import type { Chance } from './chance.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
/** How long a job takes. */
const RENDER_MS = { least: 2 * SECOND_MS, most: 8 * MINUTE_MS }
/** How long the link to a finished video works. */
const LINK_MS = { least: 20 * SECOND_MS, most: 60 * MINUTE_MS }
const FRAMES_MAX = 12

/** Share of jobs about which a callback names another one. */
const MISTAKEN = 0.2
export const NOBODYS_JOB = 'job-of-nobody'

export type Fate = 'done' | 'failed' | 'forgotten'

/** What the provider's own server knows of one job. Times are of the monotonic clock: nobody sets it. */
export type Job = {
  id: string
  account: string
  taskId: string
  /** Of the attempt that asked for it. */
  token: string
  acceptedAtMs: number
  endsAtMs: number
  fate: Fate
  isCancelled: boolean
  /** Which link was given out last, and until when it works. */
  link: number
  linkEndsAtMs: number
  callbackUrl: string | null
  video: string
}

/** A billable request that reached the provider. */
export type Post = {
  account: string
  taskId: string
  token: string
  /** The job that it is billed for; null: it was refused. */
  jobId: string | null
}

export type Outage = 'none' | 'refused' | 'reset' | 'html' | 'limited'

/** A callback on its way to the gateway. */
export type Call = { atMs: number; url: string; body: string }

/** How ill everything fares, drawn once for each world: shares of requests, in [0, 1]. */
export type Luck = {
  submitFault: number
  probeFault: number
  downloadFault: number
  slow: number
  callbackLost: number
  callbackRepeated: number
}

export const NO_FAULTS: Luck = {
  submitFault: 0,
  probeFault: 0,
  downloadFault: 0,
  slow: 0,
  callbackLost: 0,
  callbackRepeated: 0,
}

/** The provider's servers: they outlive every process of ours, and their ledger is the truth about what was billed. */
export class Upstream {
  readonly posts: Post[] = []
  readonly jobs: Map<string, Job> = new Map()
  /** Tokens whose request was sent and whose answer did not come back. */
  readonly lost: Set<string> = new Set()
  readonly #outages = new Map<string, Outage>()
  readonly calls: Call[] = []
  /** It could not be asked for a while. */
  wasAway = false
  readonly chance: Chance
  luck: Luck
  readonly #clock: Clock

  constructor(clock: Clock, chance: Chance, luck: Luck) {
    this.#clock = clock
    this.chance = chance
    this.luck = luck
  }

  get nowMs(): number {
    return this.#clock.monotonicMs()
  }

  breakDown(account: string, outage: Outage): void {
    this.#outages.set(account, outage)
    this.wasAway ||= outage !== 'none'
  }

  outageOf(account: string): Outage {
    return this.#outages.get(account) ?? 'none'
  }

  jobsOf(taskId: string): readonly Job[] {
    return [...this.jobs.values()].filter((job) => job.taskId === taskId)
  }

  /** The request has arrived. A refused one makes no job. */
  post(post: Omit<Post, 'jobId'>, isAccepted: boolean, callbackUrl: string | null): Job | undefined {
    const id = `job-${this.posts.length + 1}`
    this.posts.push({ ...post, jobId: isAccepted ? id : null })
    if (!isAccepted) return undefined
    const { chance, nowMs } = this
    const endsAtMs = nowMs + chance.duration(RENDER_MS.least, RENDER_MS.most)
    const job: Job = {
      ...post,
      id,
      acceptedAtMs: nowMs,
      endsAtMs,
      fate: chance.weighted({ done: 16, failed: 3, forgotten: 1 }),
      isCancelled: false,
      link: 0,
      linkEndsAtMs: 0,
      callbackUrl,
      video: `video ${id} ${'frame;'.repeat(chance.whole(2, FRAMES_MAX))}`,
    }
    this.jobs.set(id, job)
    if (callbackUrl !== null) this.#announce(job, callbackUrl)
    return job
  }

  /** What the provider itself will say: twice, late and out of order, or not at all. */
  #announce({ id, acceptedAtMs, endsAtMs }: Job, url: string): void {
    const { chance, luck } = this
    if (chance.happens(MISTAKEN))
      this.calls.push({
        atMs: acceptedAtMs + SECOND_MS,
        url,
        body: callbackBody(NOBODYS_JOB, 'ended', 'none'),
      })
    for (const [atMs, status] of [
      [acceptedAtMs + SECOND_MS, 'running'],
      [endsAtMs, 'ended'],
    ] as const) {
      if (chance.happens(luck.callbackLost)) continue
      const copies = chance.happens(luck.callbackRepeated) ? 3 : 1
      for (let copy = 0; copy < copies; copy += 1) {
        const lateMs = chance.happens(luck.slow) ? chance.duration(SECOND_MS, 5 * MINUTE_MS) : 0
        this.calls.push({ atMs: atMs + lateMs, url, body: callbackBody(id, status, 'good') })
      }
    }
  }

  /** Callbacks whose time has come, and which are thereby sent. */
  takeCalls(): readonly Call[] {
    const { nowMs } = this
    const due = this.calls.filter(({ atMs }) => atMs <= nowMs)
    for (const call of due) this.calls.splice(this.calls.indexOf(call), 1)
    return due
  }

  get nextCallMs(): number {
    return this.calls.reduce((least, { atMs }) => Math.min(least, atMs - this.nowMs), Infinity)
  }

  stateOf(job: Job): 'running' | 'cancelled' | Fate {
    if (job.isCancelled) return 'cancelled'
    return this.nowMs < job.endsAtMs ? 'running' : job.fate
  }

  /** A link to the finished video; the one before stops working. */
  giveLink(job: Job): { ref: string; leftMs: number } {
    if (this.nowMs >= job.linkEndsAtMs) {
      job.link += 1
      job.linkEndsAtMs = this.nowMs + this.chance.duration(LINK_MS.least, LINK_MS.most)
    }
    return { ref: `${job.id}/${job.link}`, leftMs: job.linkEndsAtMs - this.nowMs }
  }

  /** Undefined where the link is dead. */
  follow(ref: string): Job | undefined {
    const [id = '', link] = ref.split('/')
    const job = this.jobs.get(id)
    return job?.link === Number(link) && this.nowMs < job.linkEndsAtMs ? job : undefined
  }

  /** Everything works from now on, and what runs ends soon. */
  heal(): void {
    this.luck = NO_FAULTS
    this.#outages.clear()
    for (const job of this.jobs.values()) job.endsAtMs = Math.min(job.endsAtMs, this.nowMs + MINUTE_MS)
  }
}

export type Seal = 'good' | 'none' | 'wrong'

/** What a callback says; `seal` stands for its signature. */
export const callbackBody = (id: string | null, status: string, seal: Seal, nonce = 0): string =>
  JSON.stringify({ id, status, seal, nonce })
