import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdoptOutcome, TaskAdoption } from '../../src/store/store.ts'
import type { Task } from '../../src/task/task.ts'
import { newTask } from '../support/new-task.ts'
import { ACCOUNT, attemptOf, StoreSubject, type OpenStore } from './store-subject.ts'

const DAY_MS = 86_400_000
const JOB = { providerTaskId: 'job-1', endpoint: '/made/here' }

type Options = { jobId?: string; task?: Partial<Task>; extras?: Partial<TaskAdoption> }

function adopt(s: StoreSubject, { jobId, task, extras }: Options = {}): Promise<AdoptOutcome> {
  const nowMs = s.clock.nowMs()
  const operation = { ...JOB, ...(jobId === undefined ? {} : { providerTaskId: jobId }) }
  const attempt = attemptOf(1, { state: 'accepted', operation, startedAtMs: nowMs, answeredAtMs: nowMs })
  return s.store.adoptTask({
    task: { ...newTask(nowMs, { state: 'running', candidates: [], ...task }), attempt },
    account: ACCOUNT,
    dueAtMs: nowMs,
    artifacts: [],
    events: [{ kind: 'task.adopted' }],
    idempotency: null,
    replay: null,
    limits: { inFlightMax: null, perDayMax: null },
    ...extras,
  })
}

async function adopted(s: StoreSubject, options: Options = {}): Promise<Task> {
  const outcome = await adopt(s, options)
  if (outcome.kind !== 'created') throw new Error(`not adopted: ${outcome.kind}`)
  return outcome.task
}

const keyed = (s: StoreSubject, fingerprint = 'f'): Partial<TaskAdoption> => ({
  idempotency: { route: 'adopt', key: 'k', fingerprint, expiresAtMs: s.clock.nowMs() + DAY_MS },
})

const most = (inFlightMax: number | null, perDayMax: number | null): Partial<TaskAdoption> => ({
  limits: { inFlightMax, perDayMax },
})

/** Jobs that were made elsewhere. */
export function storeAdoptContract(open: OpenStore): void {
  const subject = () => StoreSubject.open(open)

  test('adopt: task, attempt, timeline and schedule are written together', async () => {
    await using s = await subject()
    const task = await adopted(s)
    assert.deepEqual(await s.task(task.id), task)
    assert.deepEqual(task.attempt?.operation, JOB)
    assert.equal(task.attempt?.state, 'accepted')
    assert.deepEqual(await s.kinds(task.id), ['task.adopted'])
    assert.equal(await s.store.inFlight(ACCOUNT), 1, 'its job holds a slot')
    const claim = await s.claimOne()
    assert.deepEqual([claim.taskId, claim.task.state], [task.id, 'running'])
    const outputs = [{ role: 'video', ref: 'r' } as const]
    const moved = await s.store.commit(s.move(claim, 'archiving', { patch: { outputs } }))
    assert.equal(moved.kind, 'committed')
  })

  test('adopt: a job that a task follows, or made its video of, is taken: nothing is written', async () => {
    await using s = await subject()
    const owner = await s.create()
    await s.run('job-1')
    const taken = { kind: 'operation_taken', projectId: 'default', taskId: owner.id, isDeleted: false }
    assert.deepEqual(await adopt(s, { extras: keyed(s) }), taken)
    await s.store.commit(s.move(await s.claimOne(), 'archiving'))
    assert.deepEqual(await adopt(s), taken)
    await s.store.commit(s.move(await s.claimOne(), 'completed', { dueAtMs: null }))
    assert.deepEqual(await adopt(s), taken)
    assert.deepEqual(await s.store.projectUsage('default'), { inFlight: 0, createdToday: 1 })
    assert.equal(await s.store.findIdempotent('default', 'adopt', 'k'), undefined)
    assert.equal((await s.claim()).length, 0)
    // The same id at another account, or another id, is another job.
    await adopted(s, { jobId: 'job-2' })
  })

  test('adopt: two at once make one task', async () => {
    await using s = await subject()
    const outcomes = await Promise.all([adopt(s), adopt(s), adopt(s)])
    const kinds = outcomes.map(({ kind }) => kind).toSorted()
    assert.deepEqual(kinds, ['created', 'operation_taken', 'operation_taken'])
    assert.equal((await s.claim()).length, 1)
  })

  test('adopt: a task that ended without a video gives its job up, with its slot, and keeps what it knew', async () => {
    await using s = await subject()
    const ended = await s.create()
    await s.run('job-1')
    const drainAtMs = s.clock.nowMs() + 60_000
    await s.store.commit(s.move(await s.claimOne(), 'error', { dueAtMs: drainAtMs }))
    assert.equal(await s.store.inFlight(ACCOUNT), 1)
    const task = await adopted(s)
    assert.notEqual(task.id, ended.id)
    assert.equal(await s.store.inFlight(ACCOUNT), 1, 'one slot, not two')
    const before = await s.task(ended.id)
    assert.equal(before.state, 'error')
    assert.equal(before.attempt?.operation?.providerTaskId, 'job-1')
    const last = (await s.store.timeline(ended.id)).at(-1)
    assert.deepEqual([last?.kind, last?.data], ['upstream.adopted', { attempt: 1, by: task.id }])
    // The job has a new owner.
    const again = await adopt(s)
    assert.ok(again.kind === 'operation_taken' && again.taskId === task.id)
  })

  test('adopt: a completed task gives its job up once it is deleted', async () => {
    await using s = await subject()
    const owner = await s.create()
    await s.run('job-1')
    await s.store.commit(s.move(await s.claimOne(), 'archiving'))
    await s.store.commit(s.move(await s.claimOne(), 'completed', { dueAtMs: null }))
    assert.equal((await adopt(s)).kind, 'operation_taken')
    await s.store.deleteTask('default', owner.id)
    assert.equal((await adopt(s)).kind, 'created')
  })

  test('adopt: a deleted task that is still under way keeps its job', async () => {
    await using s = await subject()
    const owner = await s.create()
    await s.run('job-1')
    await s.store.deleteTask('default', owner.id)
    const outcome = await adopt(s)
    assert.ok(outcome.kind === 'operation_taken' && outcome.isDeleted)
  })

  test('adopt: the job of another project is taken, however its task ended', async () => {
    await using s = await subject()
    await s.create({ projectId: 'p1' })
    await s.run('job-1')
    await s.store.commit(s.move(await s.claimOne(), 'error', { dueAtMs: null }))
    const outcome = await adopt(s)
    assert.ok(outcome.kind === 'operation_taken' && outcome.projectId === 'p1')
  })

  test('adopt: a repetition with its key answers the same task, other content does not', async () => {
    await using s = await subject()
    const task = await adopted(s, { extras: keyed(s) })
    const replay = await adopt(s, { extras: keyed(s) })
    assert.ok(replay.kind === 'replayed' && replay.task?.id === task.id)
    assert.deepEqual(await adopt(s, { extras: keyed(s, 'g') }), { kind: 'key_reused' })
  })

  test('adopt: the limits of the project hold, and a refusal takes nothing over', async () => {
    await using s = await subject()
    await s.create()
    await s.run('job-1')
    await s.store.commit(s.move(await s.claimOne(), 'error', { dueAtMs: null }))
    assert.equal((await adopt(s, { extras: most(null, 1) })).kind, 'limited')
    await adopted(s, { jobId: 'job-2', extras: most(1, null) })
    assert.equal((await adopt(s, { extras: most(1, null) })).kind, 'limited')
    assert.equal((await adopt(s)).kind, 'created')
    assert.deepEqual(await s.store.projectUsage('default'), { inFlight: 2, createdToday: 3 })
  })

  test('pauses: the reason of the last one is told', async () => {
    await using s = await subject()
    assert.equal(await s.store.pauseReason(ACCOUNT), null)
    await s.store.pauseAccount(ACCOUNT, s.clock.nowMs() + 5_000, 'HTTP 429')
    assert.equal(await s.store.pauseReason(ACCOUNT), 'HTTP 429')
  })
}
