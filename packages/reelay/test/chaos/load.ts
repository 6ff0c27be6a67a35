import { z } from 'zod'
import { clipBytes } from '@reelay/simulator'
import { systemClock } from '../../src/system/clock.ts'
import { API_KEY } from '../crash/gateway-process.ts'
import { seededNumbers } from '../support/seeded-numbers.ts'
import { pickOf, seedOf } from './options.ts'
import type { Targets } from './targets.ts'

/** Creates under way at a time. */
const CLIENTS = 8
/** The creates that are allowed at once are spread over about so long. */
const SPREAD_MS = 600
/** Of creates: sent as two copies at once, each to any process. */
const COPIES_SHARE = 0.15
/** After a create: reads any task, repeats any create, loads any video. */
const READ_SHARE = 0.4
const REPLAY_SHARE = 0.15
const CONTENT_SHARE = 0.1
/** A client gives up on a request then, and sends it again. */
const REQUEST_MS_MAX = 3_000
const PAUSE_MS = 25
/** Every request is answered within this, whatever happens meanwhile. */
const ANSWER_MS_MAX = 120_000
/** Longer than any clock is set ahead: only the end of the run lets them pass. */
const DEADLINE_SECONDS = 172_800
const FAULTS_MAX = 20

const acceptedSchema = z.object({ id: z.string() })
const refusalSchema = z.object({ error: z.object({ code: z.string() }) })
const videoSchema = z.object({ id: z.string(), status: z.string() })
const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'error'])

/** Answers that say: send it again. Nothing can be stored now; the other copy of a request is still being received. */
const AGAIN: ReadonlySet<number> = new Set([503, 409])

type Answer = { status: number; bytes: Buffer }

export type LoadOptions = {
  seed: number
  promptOf: (index: number) => string
  callbackUrl?: string
  /** Creates that are allowed at once, about. */
  burst: number
}

/** What became of requests. After `unanswered` and `refused` the same request was sent again. */
export type LoadCounts = {
  creates: number
  copies: number
  replays: number
  reads: number
  downloads: number
  unanswered: number
  /** For the moment, by status and code. */
  refused: Record<string, number>
}

/**
 * Clients that make tasks, each with an Idempotency-Key, and look at what they made. They send again what got no answer,
 * to whichever process there is, until it is answered.
 */
export class Load {
  /** Prompts of accepted tasks, by id. */
  readonly prompts: Map<string, string> = new Map()
  readonly counts: LoadCounts = {
    creates: 0,
    copies: 0,
    replays: 0,
    reads: 0,
    downloads: 0,
    unanswered: 0,
    refused: {},
  }
  /** Broken promises as clients saw them. */
  readonly faults: string[] = []
  readonly #targets: Targets
  readonly #options: LoadOptions
  readonly #indexes = new Map<string, number>()
  readonly #ids: string[] = []
  readonly #ends = new Map<string, string>()
  readonly #completed: string[] = []
  readonly #clip = clipBytes('mp4')
  #limit = 0
  #next = 0
  #changed = Promise.withResolvers<void>()
  #isOver = false

  constructor(targets: Targets, options: LoadOptions) {
    this.#targets = targets
    this.#options = options
  }

  /** Until `end`, and all that was allowed is made. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: CLIENTS }, () => this.#goOn()))
  }

  /** Lets there be so many tasks. */
  allowUpTo(limit: number): void {
    this.#limit = limit
    this.#change()
  }

  end(): void {
    this.#isOver = true
    this.#change()
  }

  /** Until so many tasks are accepted, or so long. */
  async untilAccepted(count: number, msMax: number): Promise<void> {
    const over = new AbortController()
    const late = systemClock.sleep(msMax, over.signal).then(() => true)
    while (this.#ids.length < count) {
      if ((await Promise.race([late, this.#changed.promise])) === true) break
    }
    over.abort()
  }

  /** Ids in the order of their acceptance. */
  idsFrom(position: number): readonly string[] {
    return this.#ids.slice(position)
  }

  #change(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }

  async #goOn(): Promise<void> {
    for (;;) {
      while (this.#next >= this.#limit) {
        if (this.#isOver) return
        await this.#changed.promise
      }
      this.#next += 1
      await this.#createAndLook(this.#next)
    }
  }

  async #createAndLook(index: number): Promise<void> {
    const random = seededNumbers(seedOf(this.#options.seed, 'client', index))
    await systemClock.sleep(random() * ((2 * CLIENTS * SPREAD_MS) / this.#options.burst))
    const copies = random() < COPIES_SHARE ? 2 : 1
    if (copies > 1) this.counts.copies += 1
    const [id = '', other = id] = await Promise.all(
      Array.from({ length: copies }, () => this.#create(index, random)),
    )
    if (other !== id) this.#fault(`the key of task ${index} is that of ${id} and of ${other}`)
    this.counts.creates += 1
    this.prompts.set(id, this.#options.promptOf(index))
    this.#indexes.set(id, index)
    this.#ids.push(id)
    this.#change()
    const any = pickOf(this.#ids, random)
    if (random() < READ_SHARE) await this.read(any)
    if (random() < REPLAY_SHARE) await this.replay(any)
    if (random() < CONTENT_SHARE && this.#completed.length > 0) {
      await this.#download(pickOf(this.#completed, random), random)
    }
  }

  async #create(index: number, random: () => number): Promise<string> {
    const body = JSON.stringify({
      model: 'wan2.6',
      prompt: this.#options.promptOf(index),
      callback_url: this.#options.callbackUrl,
      deadline: DEADLINE_SECONDS,
    })
    const headers = { 'content-type': 'application/json', 'idempotency-key': this.#keyOf(index) }
    const answer = await this.#ask('/v1/videos', { method: 'POST', headers, body }, random)
    if (answer.status === 200) return acceptedSchema.parse(jsonOf(answer)).id
    throw new Error(`the create ${index} was answered ${answer.status}: ${answer.bytes.toString()}`)
  }

  #keyOf(index: number): string {
    return `chaos-${this.#options.seed}-${index}`
  }

  /** Repeats the create of an accepted task: it must answer that task. */
  async replay(id: string): Promise<void> {
    this.counts.replays += 1
    const random = seededNumbers(seedOf(this.#options.seed, 'replay', this.counts.replays))
    const index = this.#indexes.get(id) ?? 0
    const again = await this.#create(index, random)
    if (again !== id) this.#fault(`the key of task ${id} now answers ${again}`)
  }

  /** An accepted task is there, and its end stays what it was. */
  async read(id: string): Promise<void> {
    this.counts.reads += 1
    const random = seededNumbers(seedOf(this.#options.seed, 'read', this.counts.reads))
    const answer = await this.#ask(`/v1/videos/${id}`, {}, random)
    if (answer.status !== 200) return this.#fault(`task ${id} is answered ${answer.status}`)
    const { status } = videoSchema.parse(jsonOf(answer))
    const before = this.#ends.get(id)
    if (before !== undefined && before !== status) this.#fault(`task ${id} was ${before} and is ${status}`)
    if (before !== undefined || !ENDED.has(status)) return
    this.#ends.set(id, status)
    if (status === 'completed') this.#completed.push(id)
  }

  /** The video of a task that is known to be completed is whole. */
  async #download(id: string, random: () => number): Promise<void> {
    this.counts.downloads += 1
    const { status, bytes } = await this.#ask(`/v1/videos/${id}/content`, {}, random)
    if (status !== 200 || !bytes.equals(this.#clip)) this.#fault(`the video of ${id} is answered ${status}`)
  }

  #fault(what: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push(what)
  }

  #countRefusal(answer: Answer): void {
    const { refused } = this.counts
    const name = `${answer.status} ${refusalSchema.parse(jsonOf(answer)).error.code}`
    refused[name] = (refused[name] ?? 0) + 1
  }

  /** Asks any process until one answers with what the request comes to. */
  async #ask(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string },
    random: () => number,
  ): Promise<Answer> {
    const startedMs = systemClock.monotonicMs()
    while (systemClock.monotonicMs() - startedMs < ANSWER_MS_MAX) {
      const { gateway } = await this.#targets.pick(random)
      const answer = await askOnce(`${gateway.url}${path}`, init)
      if (answer !== undefined && !AGAIN.has(answer.status)) return answer
      if (answer === undefined) this.counts.unanswered += 1
      else this.#countRefusal(answer)
      await systemClock.sleep(PAUSE_MS)
    }
    throw new Error(`${init.method ?? 'GET'} ${path} was not answered for ${ANSWER_MS_MAX / 1_000} s`)
  }
}

const jsonOf = ({ bytes }: Answer): unknown => JSON.parse(bytes.toString())

/** Undefined when the process died, or stood still, before it had answered. */
async function askOnce(
  url: string,
  init: { method?: string; headers?: Record<string, string>; body?: string },
): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, {
      ...init,
      headers: { authorization: `Bearer ${API_KEY}`, ...init.headers },
      signal: AbortSignal.timeout(REQUEST_MS_MAX),
    })
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) }
  } catch (error) {
    // What `fetch` throws when a connection ends, and when the time is up.
    if (error instanceof TypeError || error instanceof DOMException) return undefined
    throw error
  }
}
