import { createHash } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { ClaimBatch, CommitOutcome, InsertOutcome, Move } from '../../src/store/store.ts'
import type { DeliveryBatch, DeliveryMove } from '../../src/store/webhook-store.ts'
import { isTerminal, mayMove } from '../../src/task/state.ts'
import type { Task } from '../../src/task/task.ts'
import { TERMINAL_EVENT_TYPES, videoEventOf } from '../../src/task/video-event.ts'
import { wireStatus } from '../../src/task/wire-status.ts'
import type { Findings } from './findings.ts'
import type { SimDisk } from './sim-files.ts'
import type { Job, Upstream } from './upstream.ts'

type Held = { fence: number; owner: string; isOpen: boolean; disturbances: number }

const WIRE_RANK = { queued: 0, in_progress: 1, completed: 2, failed: 2, error: 2 } as const

const lastWords = ({ state, error, completedAtMs }: Task): string =>
  JSON.stringify([state, error, completedAtMs])

const rankOf = (task: Task): number => WIRE_RANK[wireStatus(task.state, task.providerWaits, 'comet')]

export type Watched = {
  findings: Findings
  upstream: Upstream
  disk: SimDisk
  rows: DatabaseSync
  nowMs: () => number
  /** How often something was done to the processes, the store or the clock. */
  disturbances: () => number
  /** Whether a process is alive, and not frozen. */
  isAwake: (owner: string) => boolean
}

/** Sees every write of every process where it meets the database, and holds it against what the world knows. */
export class Watch {
  /** Each task as the last write left it. */
  readonly tasks: Map<string, Task> = new Map()
  /** How many moves of each task the engines committed. */
  readonly moves: Map<string, number> = new Map()
  /** Events, and when and in what circumstances they were written. */
  readonly announced: Map<string, { atMs: number; disturbances: number }> = new Map()
  readonly #world: Watched
  readonly #held = new Map<string, Held>()
  readonly #deliveryFences = new Map<string, number>()
  /** Woken while somebody worked on them. */
  readonly #woken = new Set<string>()
  readonly #due: StatementSync
  readonly #events: StatementSync
  readonly #endpoints: StatementSync

  constructor(world: Watched) {
    this.#world = world
    this.#due = world.rows.prepare('select due_at, lease_owner from schedule where task_id = ?')
    this.#events = world.rows.prepare('select endpoint_id from deliveries where event_id = ?')
    this.#endpoints = world.rows.prepare('select id, events from endpoints where disabled_reason is null')
  }

  /** What the database answered to a verb. */
  told(verb: string, args: readonly unknown[], answer: unknown): void {
    switch (verb) {
      case 'insertTask': {
        const outcome = answer as InsertOutcome
        if (outcome.kind === 'created') this.#created(outcome.task)
        break
      }
      case 'claimDue':
        this.#claimed(answer as ClaimBatch)
        break
      case 'commit':
        this.#committed(args[0] as Move, answer as CommitOutcome)
        break
      case 'release':
        for (const { taskId } of args[0] as { taskId: string }[]) this.#close(taskId)
        break
      case 'requestCancel':
      case 'deleteTask':
        if (answer !== undefined) this.#wished(answer as Task)
        break
      case 'webhooks.commitDelivery':
        if (answer === true) this.#delivered(args[0] as DeliveryMove)
        break
      case 'webhooks.claimDeliveries':
        this.#claimedDeliveries(answer as DeliveryBatch)
        break
      default:
    }
  }

  #created(task: Task): void {
    this.tasks.set(task.id, task)
    this.#announced(null, task)
  }

  #wished(task: Task): void {
    const before = this.tasks.get(task.id)
    if (before?.cancelRequestedAtMs === task.cancelRequestedAtMs && before?.deletedAtMs === task.deletedAtMs)
      return
    this.tasks.set(task.id, task)
    if (this.#held.get(task.id)?.isOpen === true) this.#woken.add(task.id)
  }

  #close(taskId: string): void {
    const held = this.#held.get(taskId)
    if (held !== undefined) held.isOpen = false
  }

  #claimed({ claims }: ClaimBatch): void {
    const { findings, disturbances, isAwake } = this.#world
    for (const { taskId, fence, owner } of claims) {
      const before = this.#held.get(taskId)
      findings.check(
        26,
        fence > (before?.fence ?? 0),
        () => `${taskId} was leased twice under fence ${fence}`,
      )
      const isTaken =
        before?.isOpen === true && before.disturbances === disturbances() && isAwake(before.owner)
      findings.check(26, !isTaken, () => `${taskId} was taken from ${before?.owner ?? ''}, who works on it`)
      this.#held.set(taskId, { fence, owner, isOpen: true, disturbances: disturbances() })
      this.#woken.delete(taskId)
    }
  }

  #claimedDeliveries({ claims }: DeliveryBatch): void {
    for (const { delivery, fence } of claims) {
      const before = this.#deliveryFences.get(delivery.id) ?? 0
      this.#world.findings.check(26, fence > before, () => `${delivery.id} was leased twice under ${fence}`)
      this.#deliveryFences.set(delivery.id, fence)
    }
  }

  #delivered({ claim: { delivery, fence } }: DeliveryMove): void {
    const isHeld = fence === this.#deliveryFences.get(delivery.id)
    this.#world.findings.check(26, isHeld, () => `${delivery.id} was written under the old fence ${fence}`)
  }

  #committed(move: Move, outcome: CommitOutcome): void {
    if (outcome.kind !== 'committed') return
    const { findings } = this.#world
    const { task } = outcome
    this.moves.set(task.id, (this.moves.get(task.id) ?? 0) + 1)
    const before = this.tasks.get(task.id)
    if (before === undefined) return findings.check(2, false, () => `${task.id} was never created`)
    const held = this.#held.get(task.id)
    findings.check(
      26,
      move.claim.fence === held?.fence && move.claim.owner === held.owner,
      () => `${move.claim.owner} wrote ${task.id} (${move.from} to ${move.to}) under an old lease`,
    )
    this.#ended(before, task)
    this.#forward(before, task)
    this.#submitted(before, task)
    this.#true(before, task)
    this.#archived(before, task, move)
    this.#announced(before, task)
    this.#scheduled(task, move)
    this.tasks.set(task.id, task)
    if (move.keepLeaseMs === undefined) this.#close(task.id)
  }

  #ended(before: Task, task: Task): void {
    if (!isTerminal(before.state)) return
    const [last, now] = [lastWords(before), lastWords(task)]
    this.#world.findings.check(11, last === now, () => `${last} became ${now}`)
  }

  #forward(before: Task, task: Task): void {
    const { findings } = this.#world
    const isForward = task.progress >= before.progress && rankOf(task) >= rankOf(before)
    findings.check(12, isForward, () => {
      return `${task.id}: ${before.state} ${before.progress} % became ${task.state} ${task.progress} %`
    })
    findings.check(12, mayMove(before.state, task.state), () => `${before.state} to ${task.state}`)
  }

  /** What the billable request came to. */
  #submitted(before: Task, task: Task): void {
    const { findings, upstream } = this.#world
    const token = before.attempt?.clientToken ?? ''
    const job = [...upstream.jobs.values()].find((one) => one.token === token)
    const says = (what: string) => () => `${task.id}: ${before.state} to ${task.state}, ${what}`
    if (before.state === 'submitting' && task.state !== before.state) {
      if (upstream.lost.has(token))
        findings.check(7, task.state === 'unknown', says('though the answer to its request was lost'))
      if (task.state === 'queued') findings.check(7, job === undefined, says('though its job was accepted'))
    }
    if (before.state !== 'unknown' || task.state === 'unknown') return
    if (task.state === 'queued') findings.check(7, job === undefined, says('though there is a job'))
    else if (task.state === 'error')
      findings.check(7, task.error?.code === 'submit_outcome_unknown', says(task.error?.code ?? ''))
    else findings.check(13, this.#jobOf(task) === job && job !== undefined, says('adopting a job of nobody'))
  }

  #jobOf(task: Task): Job | undefined {
    return this.#world.upstream.jobs.get(task.attempt?.operation?.providerTaskId ?? '')
  }

  /** Nothing is believed but what the provider says of that very job. */
  #true(before: Task, task: Task): void {
    if (before.state === task.state) return
    const { findings, upstream } = this.#world
    const job = this.#jobOf(task)
    const says = () => `${task.id} is ${task.state} (${task.error?.code}), its job ${JSON.stringify(job)}`
    if (task.state === 'running' || task.state === 'archiving')
      findings.check(8, job?.taskId === task.id, says)
    if (task.state === 'archiving' || task.state === 'completed')
      findings.check(14, job !== undefined && job.endsAtMs <= upstream.nowMs && job.fate === 'done', says)
    if (task.error?.code === 'provider_failed') findings.check(14, job?.fate === 'failed', says)
    if (task.error?.code === 'provider_cancelled') findings.check(14, job?.isCancelled === true, says)
  }

  #archived(before: Task, task: Task, { artifacts = [] }: Move): void {
    if (task.state !== 'completed' || before.state === 'completed') return
    const { findings, disk } = this.#world
    const truth = Buffer.from(this.#jobOf(task)?.video ?? '')
    const video = artifacts.find(({ role }) => role === 'video')
    const kept = disk.kept.get(video?.storageKey ?? '')
    findings.check(17, kept !== undefined, () => `${task.id} is completed without a file`)
    findings.check(
      18,
      kept?.equals(truth) === true,
      () => `${task.id}: ${kept?.toString()}, not ${truth.toString()}`,
    )
    const sha256 = createHash('sha256')
      .update(kept ?? '')
      .digest('hex')
    findings.check(17, video?.sha256 === sha256 && video.bytes === kept?.byteLength, () => `${task.id}: hash`)
  }

  /** One row for each address that wants to hear of a new status, in the transaction that changed it. */
  #announced(before: Task | null, task: Task): void {
    const event = videoEventOf(task)
    if (before !== null && videoEventOf(before).id === event.id) return
    const { upstream, disturbances } = this.#world
    this.announced.set(event.id, { atMs: upstream.nowMs, disturbances: disturbances() })
    const told = this.#events.all(event.id).map((row) => String(row['endpoint_id'] ?? ''))
    const wanted = this.#endpoints
      .all()
      .filter((row) => String(row['events']).split(' ').includes(event.type))
      .map((row) => String(row['id']))
    if (task.callbackUrl !== null && TERMINAL_EVENT_TYPES.includes(event.type)) wanted.push('')
    this.#world.findings.check(
      20,
      told.toSorted().join() === wanted.toSorted().join(),
      () => `${event.id} is announced to [${told.join()}], not to [${wanted.join()}]`,
    )
  }

  #scheduled(task: Task, { keepLeaseMs }: Move): void {
    const { findings, nowMs } = this.#world
    const isWoken = this.#woken.delete(task.id)
    if (isTerminal(task.state) || keepLeaseMs !== undefined) {
      if (keepLeaseMs !== undefined && isWoken) this.#woken.add(task.id)
      return
    }
    const row = this.#due.get(task.id)
    findings.check(9, row !== undefined, () => `${task.id} is ${task.state} and off the schedule`)
    if (!isWoken || row === undefined) return
    // Claimed again in the same moment, it is not waiting for its due time.
    const isHeard = row['lease_owner'] !== null || Number(row['due_at']) <= nowMs()
    findings.check(9, isHeard, () => `a wake of ${task.id} during its step was lost`)
  }
}
