import assert from 'node:assert/strict'
import { array, nat, property, type IProperty } from 'fast-check'
import { newTask } from '../support/new-task.ts'
import { decideFault, decideVerdict } from '../../src/task/decide.ts'
import { decideArchiveFault, decideStored, type ArchiveFault } from '../../src/task/decide-archive.ts'
import {
  canCancel,
  decideCancel,
  decideDeadline,
  decideDrain,
  type CancelOutcome,
} from '../../src/task/decide-end.ts'
import {
  decideFound,
  decideNoProvider,
  decideNoSlot,
  decideSubmit,
  decideSubmitted,
  type Found,
  type Submitted,
} from '../../src/task/decide-submit.ts'
import { type Moment } from '../../src/task/decision.ts'
import { curveOf } from '../../src/task/duration-curve.ts'
import { addDuration, type DurationSketch } from '../../src/task/duration-sketch.ts'
import { planLooks } from '../../src/task/look-plan.ts'
import type { Timing } from '../../src/task/schedule.ts'
import { isTerminal, mayMove } from '../../src/task/state.ts'
import type { Decision, Task } from '../../src/task/task.ts'
import type { Verdict } from '../../src/task/verdict.ts'

export const EVENTS_MIN = 30
const START_MS = 1_790_000_000_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Largest number that decides a step. */
export const CHOICES: number = 2 ** 31 - 1

const timing: Timing = {
  firstPollMs: 10_000,
  intervalMs: 5_000,
  intervalMaxMs: 30_000,
  missingGraceMs: 45_000,
  deadlineMs: 6 * HOUR_MS,
}

/** Learned of jobs that took about five minutes. */
const took = { lowerMs: 280_000, upperMs: 320_000, exactMs: null }
const curve = curveOf(Array.from({ length: 50 }, () => took).reduce<DurationSketch>(addDuration, []))
const plan = curve && planLooks(curve, { priceMs: 500, pauseMsMin: timing.intervalMs })

/** One random number decides everything about a step: cheap to make, and it shrinks towards the plain cases. */
class Dice {
  #rest: number

  constructor(seed: number) {
    this.#rest = seed
  }

  isRare(): boolean {
    const rare = this.#rest % 32 === 31
    this.#rest = Math.floor(this.#rest / 32)
    return rare
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    const choice = choices[this.#rest % choices.length] ?? choices[0]
    this.#rest = Math.floor(this.#rest / choices.length)
    return choice
  }
}

const account = (_: unknown, index: number) => ({ account: `account-${index}`, model: 'm' })

/** The engine's steps over one task in memory, with every outcome drawn by lot and every decision checked. */
export class Life {
  task: Task
  nowMs: number = START_MS
  dueAtMs: number | null = START_MS
  opened = 0
  /** Attempts that may be opened: one, and one more for each definite refusal. */
  licences = 1

  constructor(candidates: number) {
    this.task = newTask(START_MS, {
      candidates: Array.from({ length: candidates }, account),
      deadlineAtMs: START_MS + timing.deadlineMs,
    })
  }

  step(seed: number): void {
    const dice = new Dice(seed)
    this.#passTime(dice)
    const before = this.task
    const overdue = this.nowMs >= before.deadlineAtMs && before.state !== 'submitting'
    if (dice.isRare() && before.cancelRequestedAtMs === null) {
      this.task = { ...this.task, cancelRequestedAtMs: this.nowMs }
    }
    this.#act(dice)
    if (overdue) assert.ok(isTerminal(this.task.state), `${before.state} outlived its deadline`)
  }

  #passTime(dice: Dice): void {
    const due = Math.max(this.nowMs, this.dueAtMs ?? this.nowMs)
    const usual = [due, due, due + 1, due + MINUTE_MS] as const
    this.nowMs = dice.pick([
      ...usual,
      ...usual,
      ...usual,
      // A wake before the task is due.
      this.nowMs,
      due + 10 * MINUTE_MS,
      // The wall clock is set back.
      this.nowMs - HOUR_MS,
      Math.max(due, this.task.deadlineAtMs),
    ])
  }

  #moment(dice: Dice): Moment {
    const lastLookAtMs = dice.pick([this.nowMs - 5_000, null])
    const random = dice.pick([0.5, 0, 0.999])
    return { nowMs: this.nowMs, timing, plan: dice.pick([plan, undefined]), random, lastLookAtMs }
  }

  #act(dice: Dice): void {
    const moment = this.#moment(dice)
    const { task } = this
    if (isTerminal(task.state)) return this.#drain(dice, moment)
    if (task.cancelRequestedAtMs !== null && canCancel(task.state)) return this.#cancel(dice, moment)
    if (this.nowMs >= task.deadlineAtMs && task.state !== 'submitting') {
      return this.apply(
        decideDeadline(task, { cancel: cancelOutcome(task, dice), served: dice.pick([true, false]) }, moment),
      )
    }
    if (task.state === 'queued') this.#submit(dice, moment)
    else if (task.state === 'submitting') {
      this.apply(decideSubmitted(task, { kind: 'unknown', detail: 'crash' }, moment))
    } else if (task.state === 'unknown') this.apply(this.#found(dice, moment))
    else if (task.state === 'running') this.apply(this.#poll(dice, moment))
    else this.apply(this.#archive(dice, moment))
  }

  #drain(dice: Dice, moment: Moment): void {
    if (this.dueAtMs === null) return
    const verdict = dice.pick<Verdict | 'unavailable'>(['unavailable', ...VERDICTS])
    this.apply(decideDrain(this.task, verdict, moment))
  }

  #cancel(dice: Dice, moment: Moment): void {
    const { task } = this
    if (task.state === 'running' && dice.pick([false, true])) {
      const last = task.faults + 1 >= 3 || this.nowMs >= task.deadlineAtMs
      const decision = last ? decideCancel(task, 'refused', moment) : decideFault(task, 'no answer', moment)
      return this.apply(decision)
    }
    this.apply(decideCancel(task, cancelOutcome(task, dice), moment))
  }

  #submit(dice: Dice, moment: Moment): void {
    const hindrance = dice.pick(['none', 'none', 'none', 'no_slot', 'no_provider'])
    if (hindrance === 'no_slot') return this.apply(decideNoSlot(this.task, moment))
    if (hindrance === 'no_provider') return this.apply(decideNoProvider(this.task, moment))
    this.apply(decideSubmit(this.task, `token-${this.opened}`, this.nowMs))
    if (dice.pick([false, false, false, true])) return
    const answered = { ...moment, nowMs: this.nowMs + dice.pick([100, 30_000]) }
    this.nowMs = answered.nowMs
    const job = { providerTaskId: `job-${this.opened}` }
    const outcome = dice.pick<Submitted>([
      { kind: 'accepted', operation: job },
      { kind: 'not_sent', detail: '429', retryAtMs: this.nowMs + 10 * DAY_MS },
      { kind: 'not_sent', detail: 'refused' },
      { kind: 'rejected', code: 'account', detail: '402' },
      { kind: 'unknown', detail: 'reset', rawAnswer: '<html>' },
      { kind: 'rejected', code: 'moderation_blocked', detail: 'no' },
      { kind: 'done', operation: job, outputs: [{ role: 'video', ref: 'x' }] },
    ])
    this.apply(decideSubmitted(this.task, outcome, answered))
  }

  #found(dice: Dice, moment: Moment): Decision {
    const found = dice.pick<Found | 'fault'>([
      { providerTaskId: `job-${this.opened}` },
      'absent',
      'unsure',
      'refuted',
      'impossible',
      'fault',
    ])
    return found === 'fault' ? decideFault(this.task, 'reset', moment) : decideFound(this.task, found, moment)
  }

  #poll(dice: Dice, moment: Moment): Decision {
    const verdict = dice.pick<Verdict | 'fault'>([...VERDICTS, 'fault'])
    if (verdict === 'fault') return decideFault(this.task, '503', moment)
    return decideVerdict(this.task, verdict, moment)
  }

  #archive(dice: Dice, moment: Moment): Decision {
    const kind = dice.pick<ArchiveFault['kind'] | 'stored'>([
      'link_dead',
      'download_failed',
      'storage_full',
      'stored',
    ])
    return kind === 'stored'
      ? decideStored(this.task, { bytes: 1, sha256: 'x' }, { nowMs: this.nowMs, keptMs: null })
      : decideArchiveFault(this.task, { kind, detail: 'd' }, moment)
  }

  /** What the store does with a decision, and everything that must hold of it. */
  apply(decision: Decision): void {
    const before = this.task
    this.task = applied(before, decision)
    this.dueAtMs = decision.dueAtMs
    const after = this.task
    assert.ok(mayMove(before.state, after.state), `${before.state} to ${after.state}`)
    assert.ok(after.progress >= before.progress, 'progress fell')
    assert.equal(after.progress === 100, after.state === 'completed')
    if (isTerminal(before.state)) this.#checkEnded(before)
    else this.#checkUnderWay(before, decision)
    this.#checkAttempt(decision)
  }

  #checkEnded(before: Task): void {
    const { state, error, completedAtMs } = this.task
    assert.deepEqual(
      { state, error, completedAtMs },
      { state: before.state, error: before.error, completedAtMs: before.completedAtMs },
    )
  }

  #checkUnderWay(before: Task, decision: Decision): void {
    const { task } = this
    assert.equal(task.completedAtMs !== null, isTerminal(task.state))
    assert.equal(task.error !== null, task.state === 'failed' || task.state === 'error')
    if (!isTerminal(task.state)) {
      assert.ok(decision.dueAtMs !== null, 'off the schedule')
      // The step after a submission starts at its own time: a due time is only ever planned within the deadline.
      if (this.nowMs < task.deadlineAtMs) assert.ok(decision.dueAtMs <= task.deadlineAtMs, 'due too late')
    }
    const full =
      decision.events.length === 0 || decision.events.some((e) => e.data?.['kind'] === 'storage_full')
    const first = task.state === 'archiving' && before.attempt?.endedAtMs == null
    const paused = before.state === 'archiving' && task.state === 'archiving' && full
    if (!first && !paused) assert.equal(task.deadlineAtMs, before.deadlineAtMs, 'the deadline moved')
    assert.ok(task.deadlineAtMs >= before.deadlineAtMs)
    assert.ok(task.deadlineAtMs <= Math.max(before.deadlineAtMs, this.nowMs + 2 * DAY_MS))
  }

  #checkAttempt({ attempt, to }: Decision): void {
    if (attempt === undefined) return
    if (attempt.kind === 'open') {
      this.opened += 1
      this.licences -= 1
      assert.equal(attempt.attempt.n, this.opened, 'attempt numbers are used once')
      assert.ok(this.licences >= 0, 'a second request without a definite refusal')
    } else {
      assert.equal(attempt.n, this.opened)
      const state = attempt.kind === 'refuted' ? undefined : attempt.patch.state
      if (to === 'queued' && (state === 'not_sent' || state === 'rejected')) this.licences += 1
    }
    if (to === 'running' || to === 'archiving') assert.ok(this.task.attempt?.operation, 'no operation')
  }
}

const VERDICTS: readonly [Verdict, ...Verdict[]] = [
  { kind: 'running', progress: 40 },
  { kind: 'waiting' },
  { kind: 'running', progress: 250 },
  { kind: 'running', progress: -3 },
  { kind: 'done', outputs: [{ role: 'video', ref: 'x' }], expiresAtMs: START_MS + DAY_MS },
  { kind: 'done', outputs: [{ role: 'video', ref: 'x' }], finishedAtMs: START_MS },
  { kind: 'gone' },
  { kind: 'unrecognised', status: 'warming' },
  { kind: 'failed', code: 'provider_failed', detail: 'no' },
]

const cancelOutcome = (task: Task, dice: Dice): CancelOutcome =>
  task.state === 'running' ? dice.pick(['cancelled', 'refused', 'unsupported']) : 'not_needed'

function applied(task: Task, { to, patch, attempt }: Decision): Task {
  const next = { ...task, ...patch, state: to }
  if (attempt?.kind === 'open') return { ...next, attempt: attempt.attempt }
  if (attempt?.kind !== 'patch' || task.attempt === null) return next
  return { ...next, attempt: { ...task.attempt, ...attempt.patch } }
}

/** However it goes, a task breaks no rule, and ends. */
export const lives: IProperty<[number, number[]]> = property(
  nat({ max: 2 }),
  array(nat({ max: CHOICES }), { minLength: EVENTS_MIN, maxLength: EVENTS_MIN + 20 }),
  (extraCandidates, seeds) => {
    const life = new Life(1 + extraCandidates)
    for (const seed of seeds) life.step(seed)
    // Whatever happened: at the deadline it ends, one step later at most (a lost submission is two).
    for (let step = 0; step < 2 && !isTerminal(life.task.state); step += 1) {
      life.nowMs = Math.max(life.nowMs, life.task.deadlineAtMs)
      life.step(0)
    }
    assert.ok(isTerminal(life.task.state), `still ${life.task.state} after its deadline`)
  },
)
