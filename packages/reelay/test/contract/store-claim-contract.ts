import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClaimQuery } from '../../src/store/store.ts'
import { ACCOUNT, LEASE_MS, StoreSubject, type OpenStore } from './store-subject.ts'

const HOUR_MS = 3_600_000

const query = (patch: Partial<ClaimQuery>): ClaimQuery => ({
  owner: 'w1',
  account: ACCOUNT,
  limit: 100,
  leaseMs: LEASE_MS,
  perSecond: 1,
  burst: 3,
  slotsMax: null,
  ...patch,
})

/** Claims, leases, fences and the pace of accounts. */
export function storeClaimContract(open: OpenStore): void {
  const subject = () => StoreSubject.open(open)

  test('claim: while no slot is free, queued tasks are put off without cost, but not a wish or a deadline', async () => {
    await using s = await subject()
    const nowMs = s.clock.nowMs()
    const ends = (await s.create({ deadlineAtMs: nowMs + 1_000 })).id
    const cancelled = (await s.create()).id
    await s.store.requestCancel('default', cancelled)
    const waits = (await s.create()).id
    const full = query({ slotsMax: 0, burst: 2 })
    const first = await s.store.claimDue(full)
    assert.deepEqual(first.claims.map((claim) => claim.taskId).toSorted(), [ends, cancelled].toSorted())
    assert.deepEqual((await s.store.claimDue(query({ slotsMax: 1, burst: 100 }))).claims, [])
    s.clock.advance(60_000)
    const later = await s.store.claimDue(query({ slotsMax: 1, burst: 100 }))
    assert.ok(later.claims.some((claim) => claim.taskId === waits))
  })

  test('claim: the tasks that are due longest are leased first, as many as asked for', async () => {
    await using s = await subject()
    const now = s.clock.nowMs()
    const due = async (dueAtMs: number) => (await s.create({}, { dueAtMs })).id
    const [late, later, early] = [await due(now - 10), await due(now + 10), await due(now - 20)]
    const first = await s.store.claimDue(query({ limit: 1, burst: 100 }))
    assert.deepEqual(
      first.claims.map((claim) => claim.taskId),
      [early],
    )
    assert.equal(first.nextDueAtMs, now - 10)
    assert.deepEqual(
      (await s.claim()).map((claim) => claim.taskId),
      [late],
    )
    assert.deepEqual(await s.claim(), [])
    s.clock.advance(10)
    assert.equal((await s.claimOne()).taskId, later)
  })

  test('claim: a claim carries the task, its fence and its last look, and leases it', async () => {
    await using s = await subject()
    const task = await s.create()
    const batch = await s.store.claimDue(query({}))
    assert.deepEqual(batch.claims, [
      { taskId: task.id, owner: 'w1', fence: 1, wakeSeq: 0, lookedAtMs: null, hintStep: null, task },
    ])
    assert.equal(batch.nextDueAtMs, s.clock.nowMs() + LEASE_MS)
  })

  test('claim: other accounts are left alone, and none is due where nothing is scheduled', async () => {
    await using s = await subject()
    await s.create()
    const other = await s.store.claimDue(query({ account: 'other' }))
    assert.deepEqual(other, { claims: [], nextDueAtMs: null, unreadable: [] })
    assert.equal((await s.claim()).length, 1)
  })

  test('claim: an expired lease is claimed again with a higher fence, and the old holder is out', async () => {
    await using s = await subject()
    await s.create()
    const first = await s.claimOne()
    s.clock.advance(LEASE_MS - 1)
    assert.deepEqual(await s.claim({ owner: 'w2' }), [])
    s.clock.advance(1)
    const second = await s.claimOne({ owner: 'w2' })
    assert.deepEqual([first.fence, second.fence], [1, 2])
    assert.equal(await s.store.renew(first, LEASE_MS), false)
    await s.store.release([first])
    assert.deepEqual(await s.claim({ owner: 'w3' }), [])
  })

  test('renew: extends the lease', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.claimOne()
    s.clock.advance(LEASE_MS - 1)
    assert.equal(await s.store.renew(claim, LEASE_MS), true)
    s.clock.advance(LEASE_MS - 1)
    assert.deepEqual(await s.claim({ owner: 'w2' }), [])
  })

  test('release: the task is due at once and its fence is spent', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.claimOne()
    await s.store.release([claim])
    assert.equal(await s.store.renew(claim, LEASE_MS), false)
    assert.equal((await s.claimOne({ owner: 'w2' })).fence, 2)
  })

  test('pause: a paused account gives nothing until its time, and a shorter pause does not end it', async () => {
    await using s = await subject()
    await s.create()
    const untilMs = s.clock.nowMs() + 60_000
    await s.store.pauseAccount(ACCOUNT, untilMs, '429')
    await s.store.pauseAccount(ACCOUNT, untilMs - 30_000, '429')
    assert.equal(await s.store.pausedUntilMs(ACCOUNT), untilMs)
    assert.equal(await s.store.pausedUntilMs('other'), null)
    assert.deepEqual(await s.store.claimDue(query({})), { claims: [], nextDueAtMs: untilMs, unreadable: [] })
    s.clock.advance(60_000)
    assert.equal((await s.claim()).length, 1)
  })

  test('bucket: grants its burst, then its rate, and never more than its burst', async () => {
    await using s = await subject()
    for (let index = 0; index < 12; index += 1) await s.create()
    const take = async () => (await s.store.claimDue(query({}))).claims.length
    assert.equal(await take(), 3)
    const empty = await s.store.claimDue(query({}))
    assert.deepEqual([empty.claims.length, empty.nextDueAtMs], [0, s.clock.nowMs() + 1_000])
    s.clock.advance(999)
    assert.equal(await take(), 0)
    s.clock.advance(1)
    assert.equal(await take(), 1)
    s.clock.advance(2_500)
    assert.equal(await take(), 2)
    s.clock.advance(500)
    assert.equal(await take(), 1)
    // Long enough for a full bucket, too short for a lease to run out.
    s.clock.advance(20_000)
    assert.equal(await take(), 3)
  })

  test('bucket: a batch that finds less draws only that', async () => {
    await using s = await subject()
    await s.create()
    assert.equal((await s.store.claimDue(query({}))).claims.length, 1)
    await s.create()
    await s.create()
    await s.create()
    assert.equal((await s.store.claimDue(query({}))).claims.length, 2)
  })

  test('bucket: a clock that is set back refills nothing at once and goes on at its rate', async () => {
    await using s = await subject()
    const dueAtMs = s.clock.nowMs() - 2 * HOUR_MS
    for (let index = 0; index < 8; index += 1) await s.create({}, { dueAtMs })
    const take = async () => (await s.store.claimDue(query({}))).claims.length
    assert.equal(await take(), 3)
    s.clock.advance(-HOUR_MS)
    assert.equal(await take(), 0)
    s.clock.advance(1_000)
    assert.equal(await take(), 1)
    s.clock.advance(2_000)
    assert.equal(await take(), 2)
  })

  test('bucket: accounts have buckets of their own', async () => {
    await using s = await subject()
    const candidates = [{ account: 'other', model: 'm' }]
    for (let index = 0; index < 4; index += 1) await s.create()
    await s.create({ candidates })
    assert.equal((await s.store.claimDue(query({}))).claims.length, 3)
    assert.equal((await s.store.claimDue(query({ account: 'other' }))).claims.length, 1)
  })

  test('scheduled accounts: each once, also those that nobody configures any more', async () => {
    await using s = await subject()
    for (const account of ['b', 'a', 'b']) await s.create({ candidates: [{ account, model: 'm' }] })
    assert.deepEqual((await s.store.scheduledAccounts()).toSorted(), ['a', 'b'])
  })
}
