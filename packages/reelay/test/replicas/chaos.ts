import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clipBytes, summarise } from '@reelay/simulator'
import { z } from 'zod'
import { systemClock } from '../../src/system/clock.ts'
import { VERSION } from '../../src/version.ts'
import { seededNumbers } from '../support/seeded-numbers.ts'
import { Receiver } from '../webhooks/receiver.ts'
import { API_KEY } from '../crash/gateway-process.ts'
import type { Kill, Violations } from './audit.ts'
import { COMET, Fleet, type Replica } from './fleet.ts'

/** Creates under way at a time. */
const CREATORS = 8
/** Copies of one create, each to another process: far more than there are kills in a row. */
const CREATE_TRIES_MAX = 100
const END_MS_MAX = 600_000

const acceptedSchema = z.object({ id: z.string() })

export type ChaosOptions = {
  replicas: number
  tasks: number
  kills: number
  seed: number
  leaseMs: number
}

type Takeover = { items: number; median: number; max: number }

type Counts = Readonly<Record<string, number>>

/** What one run came to: enough to repeat it, and to compare it with another. */
export type ChaosRecord = ChaosOptions & {
  versions: { reelay: string; node: string; postgres: string }
  /** Accepted by an answer with a 200, and not in the database. */
  lost: number
  /** By the provider's own ledger: tasks with more than one job; completed ones with none; jobs of no task. */
  billed: { twice: number; completedWithoutJob: number; jobsOfNobody: number; jobs: number }
  violations: Violations
  states: Counts
  endCodes: Counts
  /** Completed tasks whose one file is not the clip, byte for byte, and tasks with more or fewer files than they should have. */
  files: { wrong: number }
  /** Tasks whose end was told to nobody, or with more than one id; and how often the same was told again. */
  webhooks: { untold: number; severalIds: number; repeated: number }
  /** From a kill until what the process held is with somebody else: its lease has to run out first. */
  takeoverMs: { tasks: Takeover; deliveries: Takeover }
  durations: { createMs: number; totalMs: number }
  /** `unanswered`: the process died meanwhile; `busy`: 503. Both were sent again, as the same request. */
  creates: { unanswered: number; busy: number }
}

/** Makes tasks through random processes of a fleet while random ones are killed and replaced, until all have ended. */
export async function runChaos(options: ChaosOptions): Promise<ChaosRecord> {
  await using fleet = await Fleet.open({ ...COMET, leaseMs: options.leaseMs })
  await using receiver = await Receiver.open()
  const run = new ChaosRun(fleet, options, receiver)
  return await run.record()
}

const ENDS = `'completed', 'failed', 'error'`
const openBut = (states: string): string => `select count(*) from tasks where state not in (${states})`

class ChaosRun {
  readonly #fleet: Fleet
  readonly #options: ChaosOptions
  readonly #receiver: Receiver
  readonly #random: () => number
  readonly #replicas: Replica[] = []
  readonly #prompts = new Map<string, string>()
  readonly #kills: Kill[] = []
  readonly #creates = { unanswered: 0, busy: 0 }

  constructor(fleet: Fleet, options: ChaosOptions, receiver: Receiver) {
    this.#fleet = fleet
    this.#options = options
    this.#receiver = receiver
    this.#random = seededNumbers(options.seed)
  }

  async record(): Promise<ChaosRecord> {
    const { replicas } = this.#options
    this.#replicas.push(...(await Promise.all(Array.from({ length: replicas }, () => this.#fleet.start()))))
    const startedMs = systemClock.monotonicMs()
    const creating = this.#createAll().then(() => systemClock.monotonicMs() - startedMs)
    const [createMs] = await Promise.all([creating, this.#killThroughout()])
    await this.#endAll()
    const totalMs = systemClock.monotonicMs() - startedMs
    const durations = { createMs: Math.round(createMs), totalMs: Math.round(totalMs) }
    return { ...this.#options, ...(await this.#found()), durations, creates: this.#creates }
  }

  async #createAll(): Promise<void> {
    let next = 0
    const create = async (): Promise<void> => {
      while (next < this.#options.tasks) {
        next += 1
        await this.#create(next)
      }
    }
    await Promise.all(Array.from({ length: CREATORS }, create))
  }

  /** What gets no answer goes to another process, as the same request. */
  async #create(index: number): Promise<void> {
    const prompt = `chaos-${index} [up:steps=queued,running:40,done] [up:no-url]`
    const fields = { model: 'wan2.6', prompt, callback_url: this.#receiver.url }
    for (let tries = 0; tries < CREATE_TRIES_MAX; tries += 1) {
      const id = await this.#post(this.#pick(), fields, `chaos-${index}`)
      if (id === undefined) continue
      this.#prompts.set(id, prompt)
      return
    }
    throw new Error(`the create ${index} was never answered`)
  }

  async #post({ gateway }: Replica, fields: object, key: string): Promise<string | undefined> {
    const headers = {
      authorization: `Bearer ${API_KEY}`,
      'content-type': 'application/json',
      'idempotency-key': key,
    }
    try {
      const url = `${gateway.url}/v1/videos`
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(fields) })
      const body: unknown = await response.json()
      if (response.ok) return acceptedSchema.parse(body).id
      if (response.status !== 503) throw new Error(`a create was refused: ${JSON.stringify(body)}`)
      this.#creates.busy += 1
    } catch (error) {
      // What `fetch` throws when the connection ends.
      if (!(error instanceof TypeError)) throw error
      this.#creates.unanswered += 1
    }
    return undefined
  }

  #pick(): Replica {
    const replica = this.#replicas[Math.floor(this.#random() * this.#replicas.length)]
    if (replica === undefined) throw new Error('no process is left')
    return replica
  }

  /** At random points of the work that is to be done, which is one part for each create and one for each end. */
  async #killThroughout(): Promise<void> {
    const { kills, tasks } = this.#options
    const work = 2 * tasks
    const points = Array.from({ length: kills }, () => Math.floor((0.02 + 0.93 * this.#random()) * work))
    const done = `select count(*) + count(*) filter (where state in (${ENDS}, 'unknown')) from tasks`
    for (const point of points.toSorted((a, b) => a - b)) {
      await this.#fleet.audit.until(done, [], (count) => count >= point)
      await this.#killOne()
    }
  }

  async #killOne(): Promise<void> {
    const index = Math.floor(this.#random() * this.#replicas.length)
    const [victim] = this.#replicas.splice(index, 1)
    if (victim === undefined) return
    const { audit } = this.#fleet
    await this.#fleet.kill(victim)
    this.#kills.push({ owner: victim.owner, atMs: await audit.nowMs() })
    this.#replicas.push(await this.#fleet.start())
  }

  async #endAll(): Promise<void> {
    const { audit } = this.#fleet
    const startedMs = systemClock.monotonicMs()
    await audit.until(openBut(`${ENDS}, 'unknown'`), [], (count) => count === 0)
    await audit.bringDeadlinesForward()
    await audit.until(openBut(ENDS), [], (count) => count === 0)
    await audit.until(`select count(*) from deliveries where state = 'pending'`, [], (count) => count === 0)
    if (systemClock.monotonicMs() - startedMs > END_MS_MAX) throw new Error('the end took too long')
  }

  async #found(): Promise<Omit<ChaosRecord, keyof ChaosOptions | 'durations' | 'creates'>> {
    const { audit } = this.#fleet
    const tasks = await audit.rows<{ id: string; state: string; error: string | null }>(
      'select id, state, error from tasks',
    )
    const known = new Set(tasks.map(({ id }) => id))
    const codes = tasks.flatMap(({ error }) =>
      error === null ? [] : [String((JSON.parse(error) as { code: unknown }).code)],
    )
    const [version] = await audit.rows<{ server_version: string }>('show server_version')
    return {
      versions: { reelay: VERSION, node: process.version, postgres: version?.server_version ?? '' },
      lost: [...this.#prompts.keys()].filter((id) => !known.has(id)).length,
      billed: this.#billed(new Set(tasks.flatMap(({ id, state }) => (state === 'completed' ? [id] : [])))),
      violations: await audit.violations(),
      states: counted(tasks.map(({ state }) => state)),
      endCodes: counted(codes),
      files: { wrong: await this.#wrongFiles(tasks) },
      webhooks: this.#webhooks(),
      takeoverMs: { tasks: await this.#takeover('video_'), deliveries: await this.#takeover('dlv_') },
    }
  }

  async #takeover(prefix: 'video_' | 'dlv_'): Promise<Takeover> {
    const { audit } = this.#fleet
    const ms = (await Promise.all(this.#kills.map((kill) => audit.takeoversMs(kill, prefix)))).flat()
    const median = ms.toSorted((a, b) => a - b)[Math.floor(ms.length / 2)] ?? 0
    return { items: ms.length, median, max: Math.max(0, ...ms) }
  }

  #billed(completed: ReadonlySet<string>): ChaosRecord['billed'] {
    const { jobs, jobsByPrompt } = summarise(this.#fleet.upstream.readLedger())
    const prompts = new Set(this.#prompts.values())
    return {
      jobs,
      twice: Object.values(jobsByPrompt).filter((count) => count > 1).length,
      completedWithoutJob: [...completed].filter((id) => jobsByPrompt[this.#prompts.get(id) ?? ''] !== 1)
        .length,
      jobsOfNobody: Object.keys(jobsByPrompt).filter((prompt) => !prompts.has(prompt)).length,
    }
  }

  async #wrongFiles(tasks: readonly { id: string; state: string }[]): Promise<number> {
    const clip = clipBytes('mp4')
    let wrong = 0
    for (const { id, state } of tasks) {
      const folder = join(this.#fleet.directory, 'files', 'videos', id)
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.includes('.video.'))
      const [name] = names
      const isRight =
        state === 'completed'
          ? names.length === 1 && name !== undefined && clip.equals(await readFile(join(folder, name)))
          : names.length === 0
      if (!isRight) wrong += 1
    }
    return wrong
  }

  #webhooks(): ChaosRecord['webhooks'] {
    const ids = new Map<string, Set<string>>()
    for (const { event, headers } of this.#receiver.received) {
      const task = String(event['task_id'])
      ids.set(task, (ids.get(task) ?? new Set()).add(headers['webhook-id'] ?? ''))
    }
    return {
      untold: [...this.#prompts.keys()].filter((id) => !ids.has(id)).length,
      severalIds: [...ids.values()].filter(({ size }) => size > 1).length,
      repeated: this.#receiver.received.length - ids.size,
    }
  }
}

const counted = (names: readonly string[]): Counts => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return Object.fromEntries(counts)
}

/** What a record must not hold, in words; empty for a run that kept every promise. */
export function brokenPromises(record: ChaosRecord): readonly string[] {
  const { lost, billed, violations, states, files, webhooks } = record
  const ended = (states['completed'] ?? 0) + (states['failed'] ?? 0) + (states['error'] ?? 0)
  const counts: Counts = {
    'tasks lost': lost,
    'tasks billed twice': billed.twice,
    'completed tasks without a job': billed.completedWithoutJob,
    'jobs of no task': billed.jobsOfNobody,
    'items taken from a holder with a lease': violations.doubleClaims,
    'items with broken fences': violations.brokenFences,
    'ends that changed': violations.changedEnds,
    'tasks that did not end': record.tasks - ended,
    'tasks with wrong files': files.wrong,
    'ends told to nobody': webhooks.untold,
    'ends told with several ids': webhooks.severalIds,
  }
  return Object.entries(counts).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]))
}
