import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Artifact } from '../../src/store/store.ts'
import { ACCOUNT, attemptOf, LEASE_MS, StoreSubject, type OpenStore } from './store-subject.ts'
import { storeLookContract } from './store-look-contract.ts'
import { storeSlotContract } from './store-slot-contract.ts'

const HOUR_MS = 3_600_000

const video: Artifact = {
  role: 'video',
  index: 0,
  storageKey: 'videos/a/1.1.video.0.mp4',
  sha256: 'abc',
  bytes: 5,
  mime: 'video/mp4',
  width: 320,
  height: 180,
  durationMs: 1_000,
  codec: 'avc',
}

/** The only writer of task state: what it refuses, and what it writes in one piece. */
export function storeCommitContract(open: OpenStore): void {
  const subject = () => StoreSubject.open(open)

  test('commit: state, patch, attempt and timeline are written together', async () => {
    await using s = await subject()
    const { id, version } = await s.create()
    const claim = await s.claimOne()
    const attempt = attemptOf(1, { startedAtMs: s.clock.nowMs() })
    s.clock.advance(5)
    const outcome = await s.store.commit(
      s.move(claim, 'submitting', {
        attempt: { kind: 'open', attempt },
        patch: { faults: 2, warnings: ['w'] },
        events: [{ kind: 'submit.started', data: { attempt: 1 } }],
      }),
    )
    assert.ok(outcome.kind === 'committed')
    const { task } = outcome
    assert.deepEqual([task.state, task.faults, task.warnings], ['submitting', 2, ['w']])
    assert.deepEqual(task.attempt, attempt)
    assert.deepEqual([task.version, task.updatedAtMs], [version + 1, s.clock.nowMs()])
    assert.deepEqual(await s.task(id), task)
    const timeline = await s.store.timeline(id)
    assert.deepEqual(
      timeline.map(({ seq, kind, data }) => [seq, kind, data]),
      [
        [1, 'task.created', undefined],
        [2, 'submit.started', { attempt: 1 }],
        [3, 'task.state', { from: 'queued', to: 'submitting' }],
      ],
    )
  })

  test('commit: every field of a patch is stored and read back, null too', async () => {
    await using s = await subject()
    const { id } = await s.create()
    const patch = {
      providerWaits: true,
      progress: 7,
      candidate: 1,
      outputs: [{ role: 'video' as const, ref: 'x' }],
      outputsExpireAtMs: 11,
      missing: { firstAtMs: 1, lastAtMs: 2, sightings: 3 },
      faults: 4,
      warnings: ['a', 'b'],
      error: { code: 'cancelled' as const, message: 'm', type: 'gateway_error' as const, param: null },
      completedAtMs: 12,
      deadlineAtMs: 13,
    }
    await s.store.commit(s.move(await s.claimOne(), 'queued', { patch }))
    assert.partialDeepStrictEqual(await s.task(id), patch)
    const nulls = { outputs: null, outputsExpireAtMs: null, missing: null, error: null, completedAtMs: null }
    await s.store.commit(s.move(await s.claimOne(), 'queued', { patch: nulls }))
    assert.partialDeepStrictEqual(await s.task(id), nulls)
  })

  test('commit: a look without news moves the schedule and leaves the task alone', async () => {
    await using s = await subject()
    const before = await s.create()
    const dueAtMs = s.clock.nowMs() + 500
    await s.store.commit(s.move(await s.claimOne(), 'queued', { dueAtMs, looked: true }))
    assert.deepEqual(await s.task(before.id), before)
    assert.deepEqual(await s.kinds(before.id), ['task.created'])
    assert.deepEqual(await s.claim(), [])
    s.clock.advance(500)
    assert.equal((await s.claimOne()).lookedAtMs, dueAtMs - 500)
  })

  test('commit: a holder whose lease was claimed by another writes nothing', async () => {
    await using s = await subject()
    const before = await s.create()
    const first = await s.claimOne()
    s.clock.advance(LEASE_MS)
    const second = await s.claimOne({ owner: 'w2' })
    const late = await s.store.commit(s.move(first, 'failed', { dueAtMs: null, artifacts: [video] }))
    assert.deepEqual(late, { kind: 'fenced' })
    const forged = { ...second, owner: 'w1' }
    assert.deepEqual(await s.store.commit(s.move(forged, 'failed', { dueAtMs: null })), { kind: 'fenced' })
    assert.deepEqual(await s.task(before.id), before)
    assert.deepEqual(await s.store.artifacts(before.id), [])
    assert.deepEqual(await s.kinds(before.id), ['task.created'])
    assert.equal((await s.store.commit(s.move(second, 'failed', { dueAtMs: null }))).kind, 'committed')
  })

  test('commit: a fence is spent when its own holder claims again', async () => {
    await using s = await subject()
    await s.create()
    const first = await s.claimOne()
    s.clock.advance(LEASE_MS)
    const second = await s.claimOne()
    assert.equal(second.owner, first.owner)
    assert.equal(await s.store.renew(first, LEASE_MS), false)
    await s.store.release([first])
    assert.deepEqual(await s.store.commit(s.move(first, 'failed', { dueAtMs: null })), { kind: 'fenced' })
    assert.equal((await s.store.commit(s.move(second, 'failed', { dueAtMs: null }))).kind, 'committed')
  })

  test('commit: a second write-back of one lease is fenced', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.claimOne()
    await s.store.commit(s.move(claim, 'queued', { dueAtMs: s.clock.nowMs() + 1 }))
    assert.deepEqual(await s.store.commit(s.move(claim, 'queued')), { kind: 'fenced' })
  })

  test('commit: a move from a state that the task is not in is fenced', async () => {
    await using s = await subject()
    const before = await s.create()
    const claim = await s.claimOne()
    const outcome = await s.store.commit(s.move(claim, 'archiving', { from: 'running' }))
    assert.deepEqual(outcome, { kind: 'fenced' })
    assert.deepEqual(await s.task(before.id), before)
  })

  test('commit: an illegal move throws and writes nothing', async () => {
    await using s = await subject()
    const before = await s.create()
    const claim = await s.claimOne()
    const patch = { progress: 100 }
    const illegal = s.move(claim, 'completed', { patch, artifacts: [video], dueAtMs: null })
    await assert.rejects(s.store.commit(illegal), /illegal move of a task: queued to completed/)
    assert.deepEqual(await s.task(before.id), before)
    assert.deepEqual(await s.store.artifacts(before.id), [])
    assert.equal((await s.store.commit(s.move(claim, 'failed', { dueAtMs: null }))).kind, 'committed')
  })

  test('commit: a task under way may not leave the schedule, and nothing of such a move stays', async () => {
    await using s = await subject()
    const before = await s.create()
    const claim = await s.claimOne()
    const attempt = { kind: 'open' as const, attempt: attemptOf(1) }
    await assert.rejects(s.store.commit(s.move(claim, 'submitting', { dueAtMs: null, attempt })), /schedule/)
    assert.deepEqual(await s.task(before.id), before)
    const retried = await s.store.commit(s.move(claim, 'submitting', { attempt }))
    assert.equal(retried.kind, 'committed')
  })

  test('commit: a terminal move takes the task off the schedule; a terminal state never changes', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.claimOne()
    const now = s.clock.nowMs()
    await s.store.commit(s.move(claim, 'failed', { dueAtMs: now }))
    const ended = await s.claimOne()
    await assert.rejects(s.store.commit(s.move(ended, 'queued')), /illegal move/)
    await s.store.commit(s.move(ended, 'failed', { dueAtMs: null }))
    assert.deepEqual(await s.store.scheduledAccounts(), [])
    await s.store.wake(claim.taskId)
    assert.deepEqual(await s.claim(), [])
  })

  test('commit: keeping the lease goes on under the same fence', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.claimOne()
    s.clock.advance(LEASE_MS - 1)
    await s.store.commit(s.move(claim, 'queued', { keepLeaseMs: LEASE_MS }))
    s.clock.advance(LEASE_MS - 1)
    assert.deepEqual(await s.claim({ owner: 'w2' }), [])
    assert.equal((await s.store.commit(s.move(claim, 'failed', { dueAtMs: null }))).kind, 'committed')
  })

  test('commit: a wake during the lease makes the task due at once', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.claimOne()
    await s.store.wake(claim.taskId)
    assert.deepEqual(await s.claim({ owner: 'w2' }), [], 'the lease still holds')
    await s.store.commit(s.move(claim, 'queued', { dueAtMs: s.clock.nowMs() + HOUR_MS }))
    const again = await s.claimOne()
    await s.store.commit(s.move(again, 'queued', { dueAtMs: s.clock.nowMs() + HOUR_MS }))
    assert.deepEqual(await s.claim(), [], 'one wake is one look')
  })

  test('commit: a wake during a kept lease is not lost either', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.claimOne()
    await s.store.wake(claim.taskId)
    await s.store.commit(s.move(claim, 'queued', { keepLeaseMs: LEASE_MS }))
    await s.store.commit(s.move(claim, 'queued', { dueAtMs: s.clock.nowMs() + HOUR_MS }))
    assert.equal((await s.claim()).length, 1)
  })

  test('wake: a task that waits is due now', async () => {
    await using s = await subject()
    const { id } = await s.create({}, { dueAtMs: s.clock.nowMs() + HOUR_MS })
    assert.deepEqual(await s.claim(), [])
    await s.store.wake(id)
    assert.equal((await s.claimOne()).taskId, id)
  })

  test('commit: the account of a move is where the task is claimed next', async () => {
    await using s = await subject()
    await s.create()
    await s.store.commit(s.move(await s.claimOne(), 'queued', { account: 'other' }))
    assert.deepEqual(await s.claim({ account: ACCOUNT }), [])
    assert.equal((await s.claim({ account: 'other' })).length, 1)
  })

  test('commit: artifacts land with the state that they belong to', async () => {
    await using s = await subject()
    await s.create()
    const { id } = await s.run('job')
    await s.store.commit(s.move(await s.claimOne(), 'archiving'))
    const poster: Artifact = {
      ...video,
      role: 'thumbnail',
      mime: 'image/jpeg',
      durationMs: null,
      codec: null,
    }
    const second = { ...video, index: 1, storageKey: 'videos/a/1.1.video.1.mp4' }
    const artifacts = [second, video, poster]
    await s.store.commit(s.move(await s.claimOne(), 'completed', { artifacts, dueAtMs: null }))
    assert.deepEqual(await s.store.artifacts(id), [poster, video, second])
    await s.store.removeArtifacts(id, ['video'])
    assert.deepEqual(await s.store.artifacts(id), [poster])
  })

  storeLookContract(open)
  storeSlotContract(open)
}
