import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newTask } from '../../test/support/new-task.ts'
import { decideVerdict } from './decide.ts'
import { decideArchiveFault } from './decide-archive.ts'
import { decideCancel, decideDeadline, decideDrain } from './decide-end.ts'
import { decideFound, decideSubmit, decideSubmitted } from './decide-submit.ts'
import { type Moment } from './decision.ts'
import type { Timing } from './schedule.ts'
import type { Attempt, Task } from './task.ts'
import type { Verdict } from './verdict.ts'

const NOW_MS = 1_790_000_000_000
const DAY_MS = 86_400_000

const timing: Timing = {
  firstPollMs: 10_000,
  intervalMs: 5_000,
  intervalMaxMs: 60_000,
  missingGraceMs: 60_000,
  deadlineMs: 3_600_000,
}
const moment = (patch: Partial<Moment> = {}): Moment => ({
  nowMs: NOW_MS,
  timing,
  random: 0.5,
  plan: undefined,
  lastLookAtMs: null,
  ...patch,
})

const attempt: Attempt = {
  n: 1,
  account: 'scripted',
  model: 'm',
  state: 'accepted',
  clientToken: 't',
  operation: { providerTaskId: 'job' },
  startedAtMs: NOW_MS - 100_000,
  answeredAtMs: NOW_MS - 99_000,
  endedAtMs: null,
}
const running = (patch: Partial<Task> = {}): Task => newTask(NOW_MS, { state: 'running', attempt, ...patch })
const done: Verdict = { kind: 'done', outputs: [{ role: 'video', ref: 'x' }] }

const deadlineCode = (task: Task, served: boolean) =>
  decideDeadline(task, { cancel: 'not_needed', served }, moment()).patch.error?.code

test('an attempt is opened with the next number and the candidate in use', () => {
  const candidates = ['a', 'b'].map((account) => ({ account, model: 'm' }))
  const decision = decideSubmit(newTask(NOW_MS, { candidates, candidate: 1, attempt }), 'token', NOW_MS)
  assert.ok(decision.attempt?.kind === 'open')
  const { n, account, clientToken, state, operation } = decision.attempt.attempt
  assert.deepEqual([n, account, clientToken, state, operation], [2, 'b', 'token', 'submitting', null])
})

test('a synchronous provider is accepted and finished at once, and its operation is kept', () => {
  const operation = { providerTaskId: 'job', file: 'f' }
  const outcome = { kind: 'done', operation, outputs: [{ role: 'video', ref: 'x' }] } as const
  const submitting = newTask(NOW_MS, { state: 'submitting', attempt: { ...attempt, operation: null } })
  const decision = decideSubmitted(submitting, outcome, moment())
  assert.equal(decision.to, 'archiving')
  assert.deepEqual(decision.attempt, {
    kind: 'patch',
    n: 1,
    patch: { state: 'accepted', operation, answeredAtMs: NOW_MS, endedAtMs: NOW_MS },
  })
  assert.deepEqual(
    decision.events.map(({ kind }) => kind),
    ['submit.accepted'],
  )
  assert.ok(decision.duration)
})

test('a refusal goes to the next candidate at once, and after the last one waits before the first again', () => {
  const candidates = ['a', 'b'].map((account) => ({ account, model: 'm' }))
  const refused = { kind: 'not_sent', detail: '429', retryAtMs: NOW_MS + 9_000 } as const
  const first = decideSubmitted(
    newTask(NOW_MS, { state: 'submitting', attempt, candidates }),
    refused,
    moment(),
  )
  assert.deepEqual([first.to, first.dueAtMs, first.patch.candidate], ['queued', NOW_MS, 1])
  const last = newTask(NOW_MS, { state: 'submitting', attempt, candidates, candidate: 1 })
  const again = decideSubmitted(last, refused, moment())
  assert.deepEqual([again.to, again.dueAtMs, again.patch.candidate], ['queued', NOW_MS + 9_000, 0])
})

test('the first success extends the deadline to the end of the link and at least a day; later ones do not', () => {
  const first = decideVerdict(running(), done, moment())
  assert.equal(first.patch.deadlineAtMs, NOW_MS + DAY_MS)
  const linked = decideVerdict(running(), { ...done, expiresAtMs: NOW_MS + 3 * DAY_MS }, moment())
  assert.equal(linked.patch.deadlineAtMs, NOW_MS + 3 * DAY_MS)
  const deadlineAtMs = NOW_MS + DAY_MS
  const finished = running({ deadlineAtMs, faults: 1, attempt: { ...attempt, endedAtMs: NOW_MS } })
  const fresh = { ...done, expiresAtMs: NOW_MS + 9 * DAY_MS }
  const second = decideVerdict(finished, fresh, moment({ nowMs: NOW_MS + 80_000_000 }))
  assert.deepEqual([second.to, second.patch.deadlineAtMs], ['archiving', deadlineAtMs])
  assert.equal(second.duration, undefined)
})

test('a video that was finished once and then lost ends as output_lost, not as late', () => {
  const outputs = [{ role: 'video', ref: 'x' }] as const
  assert.equal(
    decideDeadline(running({ outputs }), { cancel: 'cancelled', served: true }, moment()).patch.error?.code,
    'output_lost',
  )
  assert.equal(
    decideDeadline(running(), { cancel: 'cancelled', served: true }, moment()).patch.error?.code,
    'deadline_exceeded',
  )
})

test('a task that nobody could serve any more says so at its deadline; a submitted one does not', () => {
  assert.equal(deadlineCode(newTask(NOW_MS), false), 'no_provider')
  assert.equal(deadlineCode(newTask(NOW_MS), true), 'never_submitted')
  assert.equal(deadlineCode(running(), false), 'deadline_exceeded')
})

test('a long pause of a full disk is one line of the timeline', () => {
  const archiving = running({ state: 'archiving' })
  const fault = { kind: 'storage_full', detail: 'full' } as const
  const first = decideArchiveFault(archiving, fault, moment())
  assert.equal(first.events.length, 1)
  const again = decideArchiveFault(
    { ...archiving, ...first.patch },
    fault,
    moment({ nowMs: NOW_MS + 30_000 }),
  )
  assert.deepEqual([again.events.length, again.to], [0, 'archiving'])
  assert.equal(again.patch.deadlineAtMs, NOW_MS + 30_000 + DAY_MS)
})

test('every third failed download in a row asks for a fresh link, a dead link does at once', () => {
  const fault = { kind: 'download_failed', detail: 'cut short' } as const
  const to = (faults: number) =>
    decideArchiveFault(running({ state: 'archiving', faults }), fault, moment()).to
  assert.deepEqual([0, 1, 2, 3].map(to), ['archiving', 'archiving', 'running', 'archiving'])
  const dead = decideArchiveFault(running({ state: 'archiving' }), { ...fault, kind: 'link_dead' }, moment())
  assert.deepEqual([dead.to, dead.dueAtMs], ['running', NOW_MS])
})

test('"no such task" needs the grace and two sightings 30 s apart, with nothing else in between', () => {
  const gone: Verdict = { kind: 'gone' }
  const young = running({ attempt: { ...attempt, startedAtMs: NOW_MS - 59_999 } })
  assert.equal(decideVerdict(young, gone, moment()).patch.missing, undefined)
  const first = decideVerdict(running(), gone, moment())
  assert.equal(first.patch.missing?.firstAtMs, NOW_MS)
  assert.ok(first.patch.missing)
  const seen = running({ missing: first.patch.missing })
  assert.equal(decideVerdict(seen, gone, moment({ nowMs: NOW_MS + 29_999 })).to, 'running')
  assert.equal(decideVerdict(seen, gone, moment({ nowMs: NOW_MS + 30_000 })).to, 'error')
  const others: readonly Verdict[] = [{ kind: 'waiting' }, { kind: 'unrecognised', status: 'warming' }]
  for (const between of others) {
    assert.equal(decideVerdict(seen, between, moment()).patch.missing, null, between.kind)
  }
})

test('a look without news changes nothing', () => {
  const task = running({ progress: 40 })
  const decision = decideVerdict(task, { kind: 'running', progress: 40 }, moment())
  assert.deepEqual([decision.patch, decision.events], [{}, []])
})

test('a provider that says "waiting" after it ran does not take a task back to queued', () => {
  assert.equal(decideVerdict(running(), { kind: 'waiting' }, moment()).patch.providerWaits, undefined)
  const started = decideVerdict(running({ providerWaits: true }), { kind: 'running' }, moment())
  assert.equal(started.patch.providerWaits, false)
})

test('durations are the interval between the last look that was not done and this one', () => {
  const { duration } = decideVerdict(
    running(),
    { ...done, finishedAtMs: NOW_MS - 4_000 },
    moment({ lastLookAtMs: NOW_MS - 10_000 }),
  )
  assert.deepEqual(duration, { lowerMs: 90_000, upperMs: 100_000, exactMs: 96_000 })
})

test('a lost submission waits for its deadline where the provider cannot be asked', () => {
  const task = newTask(NOW_MS, { state: 'unknown', attempt })
  assert.equal(decideFound(task, 'impossible', moment()).dueAtMs, task.deadlineAtMs)
  assert.equal(decideFound(task, 'unsure', moment()).to, 'unknown')
  const refuted = decideFound(task, 'refuted', moment())
  assert.deepEqual([refuted.to, refuted.attempt], ['unknown', { kind: 'refuted', n: task.attempt?.n }])
  assert.equal(decideFound(task, 'absent', moment()).to, 'queued')
})

test('an ended task whose job may still run keeps its slot until the job ends, or a day after the deadline', () => {
  const cancelled = decideCancel(running(), 'unsupported', moment())
  assert.deepEqual(cancelled.patch.warnings, ['upstream_may_still_bill'])
  assert.deepEqual([cancelled.attempt, cancelled.dueAtMs], [undefined, NOW_MS + 60_000])
  const ended = running({ state: 'failed' })
  assert.notEqual(decideDrain(ended, { kind: 'running' }, moment()).dueAtMs, null)
  assert.notEqual(decideDrain(ended, 'unavailable', moment()).dueAtMs, null)
  const over = [
    decideDrain(ended, done, moment()),
    decideDrain(ended, { kind: 'gone' }, moment()),
    decideDrain(ended, 'unavailable', moment({ nowMs: ended.deadlineAtMs + DAY_MS })),
  ]
  for (const decision of over) {
    assert.equal(decision.dueAtMs, null)
    assert.ok(decision.attempt?.kind === 'patch' && decision.attempt.patch.endedAtMs != null)
  }
})
