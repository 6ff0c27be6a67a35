import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallbackOutcome } from '../../src/store/store.ts'
import { HOUR_MS, type CallbackSubject } from './store-callback-subject.ts'

const STRAYS_PER_HOUR = 100
const STRAY_BYTES_MAX = 16 * 1024
const DAY_MS = 24 * HOUR_MS

/** Callbacks that come to the address of an account, for whichever of its jobs. */
export function storeAccountCallbackContract(subject: () => Promise<CallbackSubject>): void {
  finding(subject)
  strays(subject)
}

function finding(subject: () => Promise<CallbackSubject>): void {
  test('account callback: it finds its task by the id of the job, and makes somebody look at that one', async () => {
    await using s = await subject()
    const [first, second] = [await s.reach('running'), await s.reach('running')]
    assert.equal(await s.recordForAccount({ job: { id: `job-${second}` }, hint: 'ended' }), 'kept')
    const claim = await s.claimOne()
    assert.deepEqual([claim.taskId, claim.hintStep], [second, 0])
    const [row] = await s.rows('callbacks_in')
    assert.deepEqual([row?.['task_id'], row?.['attempt_n']], [second, 1])
    assert.equal((await s.kinds(second)).at(-1), 'callback.received')
    assert.ok(!(await s.kinds(first)).includes('callback.received'))
  })

  test('account callback: copies are kept once, and each makes somebody look, as often as may be', async () => {
    await using s = await subject()
    const id = await s.reach('running')
    const body = Buffer.from('same')
    const outcomes: string[] = []
    for (let copy = 0; copy < 3; copy += 1) {
      outcomes.push(await s.recordForAccount({ job: { id: `job-${id}` }, body }))
      assert.equal(await s.looks(), 1)
    }
    assert.deepEqual(outcomes, ['kept', 'repeated', 'repeated'])
    await s.recordForAccount({ job: { id: `job-${id}` }, body })
    assert.equal(await s.looks(), 0)
  })

  test('account callback: a forged one is kept with its task and makes nobody look', async () => {
    await using s = await subject()
    const id = await s.reach('running')
    const before = await s.snapshot()
    assert.equal(await s.recordForAccount({ job: { id: `job-${id}` }, verdict: 'forged' }), 'kept')
    assert.deepEqual(await s.snapshot(), before)
    assert.equal((await s.rows('callbacks_in'))[0]?.['task_id'], id)
  })

  test('account callback: a job of another account is nobody here', async () => {
    await using s = await subject()
    const id = await s.reach('running')
    const before = await s.snapshot()
    assert.equal(await s.recordForAccount({ account: 'scripted:other', job: { id: `job-${id}` } }), 'kept')
    assert.deepEqual(await s.snapshot(), before)
    assert.equal((await s.rows('callbacks_in'))[0]?.['task_id'], null)
  })

  test('account callback: the end of an id is enough for a job under way, when it is of one job only', async () => {
    await using s = await subject()
    const [first, second] = [await s.reach('running'), await s.reach('running')]
    await s.recordForAccount({ job: { idEnd: second.slice(-12) } })
    assert.equal((await s.claimOne()).taskId, second)
    await s.store.clearLeases()
    const before = await s.snapshot()
    await s.recordForAccount({ job: { idEnd: first.slice(0, 4) } })
    await s.recordForAccount({ job: { idEnd: '' } })
    assert.deepEqual(await s.snapshot(), before)
  })

  test('account callback: about a task that has ended it is evidence only', async () => {
    await using s = await subject()
    const id = await s.reach('completed')
    const before = await s.snapshot()
    assert.equal(await s.recordForAccount({ job: { id: `job-${id}` }, hint: 'ended' }), 'kept')
    assert.deepEqual(await s.snapshot(), before)
    assert.equal((await s.kinds(id)).at(-1), 'callback.received')
  })
}

function strays(subject: () => Promise<CallbackSubject>): void {
  test('account callback: one about nobody is kept, cut, and makes nobody look', async () => {
    await using s = await subject()
    await s.reach('running')
    const before = await s.snapshot()
    const body = Buffer.alloc(2 * 1024 * 1024, 7)
    assert.equal(await s.recordForAccount({ job: { id: 'unknown' }, body }), 'kept')
    assert.equal(await s.recordForAccount({ job: { id: 'unknown' }, body }), 'repeated')
    assert.equal(await s.recordForAccount({ job: null }), 'kept')
    assert.deepEqual(await s.snapshot(), before)
    const rows = await s.rows('callbacks_in')
    const { body: keptBody } = rows[0] ?? assert.fail('nothing is kept')
    assert.equal((keptBody as Uint8Array).byteLength, STRAY_BYTES_MAX)
    const kept = rows.map((row) => [row['task_id'], row['account'], row['provider_task_id']])
    assert.deepEqual(kept, [
      [null, 'scripted', 'unknown'],
      [null, 'scripted', null],
    ])
  })

  test('account callback: a flood about nobody is cut off at a hundred an hour and account', async () => {
    await using s = await subject()
    const id = await s.reach('running')
    const outcomes: CallbackOutcome[] = []
    for (let sent = 0; sent < 500; sent += 50) {
      const some = Array.from({ length: 50 }, () => s.recordForAccount({ job: { id: 'unknown' } }))
      outcomes.push(...(await Promise.all(some)))
    }
    assert.equal(outcomes.filter((outcome) => outcome === 'kept').length, STRAYS_PER_HOUR)
    assert.equal(outcomes.filter((outcome) => outcome === 'full').length, 500 - STRAYS_PER_HOUR)
    assert.equal(
      await s.recordForAccount({ account: 'scripted:other' }),
      'kept',
      'another account has its own',
    )
    assert.equal(
      await s.recordForAccount({ job: { id: `job-${id}` } }),
      'kept',
      'a job that is known has room',
    )
    assert.equal(await s.looks(), 1)
    s.clock.advance(HOUR_MS + 1)
    assert.equal(await s.recordForAccount({ job: { id: 'unknown' } }), 'kept')
  })

  test('account callback: those about nobody are forgotten after a day', async () => {
    await using s = await subject()
    const id = await s.reach('running')
    await s.recordForAccount()
    await s.recordForAccount({ job: { id: `job-${id}` } })
    s.clock.advance(DAY_MS)
    await s.recordForAccount()
    assert.equal((await s.rows('callbacks_in')).length, 3)
    s.clock.advance(1)
    await s.recordForAccount()
    const tasks = (await s.rows('callbacks_in')).map((row) => row['task_id'])
    assert.deepEqual(tasks, [id, null, null])
  })
}
