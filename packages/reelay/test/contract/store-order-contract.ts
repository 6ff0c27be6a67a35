import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Move } from '../../src/store/store.ts'
import { HOUR_MS, type CallbackSubject } from './store-callback-subject.ts'

const EARLY_MS = 1_000

/** One task that is due in a second, and one that is due in an hour. */
async function twoRunning(s: CallbackSubject): Promise<{ early: string; late: string }> {
  const early = await s.reach('running', EARLY_MS)
  return { early, late: await s.reach('running') }
}

const nextOf = async (s: CallbackSubject): Promise<string | undefined> =>
  (await s.claim({ limit: 1 }))[0]?.taskId

/** Which of the tasks that are due is taken first. */
export function storeOrderContract(subject: () => Promise<CallbackSubject>): void {
  test('order: after an announced end a task goes before those that are due longer', async () => {
    await using s = await subject()
    const { early, late } = await twoRunning(s)
    s.clock.advance(EARLY_MS * 2)
    await s.record({ taskId: late, hint: 'ended' })
    assert.deepEqual([await nextOf(s), await nextOf(s), await nextOf(s)], [late, early, undefined])
  })

  test('order: both are taken by one claim that has room', async () => {
    await using s = await subject()
    const { early, late } = await twoRunning(s)
    s.clock.advance(EARLY_MS * 2)
    await s.record({ taskId: late, hint: 'ended' })
    const claims = await s.claim({ limit: 2 })
    assert.deepEqual(claims.map(({ taskId }) => taskId).toSorted(), [early, late].toSorted())
  })

  test('order: a claim that wants nothing else takes only what goes first', async () => {
    await using s = await subject()
    const { early, late } = await twoRunning(s)
    s.clock.advance(EARLY_MS * 2)
    assert.deepEqual(await s.claim({ onlyFirst: true }), [])
    await s.record({ taskId: late, hint: 'ended' })
    const claims = await s.claim({ onlyFirst: true })
    assert.deepEqual(
      claims.map(({ taskId }) => taskId),
      [late],
    )
    assert.equal(await nextOf(s), early)
  })

  test('order: any other callback makes a task due, and it waits its turn', async () => {
    await using s = await subject()
    const { early, late } = await twoRunning(s)
    s.clock.advance(EARLY_MS * 2)
    await s.record({ taskId: late, hint: 'moved' })
    assert.deepEqual([await nextOf(s), await nextOf(s)], [early, late])
  })

  test('order: the look after an announced end uses it up', async () => {
    await using s = await subject()
    const { early, late } = await twoRunning(s)
    await s.record({ taskId: late, hint: 'ended' })
    const [claim] = await s.claim()
    assert.equal(claim?.taskId, late)
    const dueAtMs = s.clock.nowMs() + EARLY_MS * 2
    await s.store.commit(s.move(claim, 'running', { dueAtMs, looked: true, hintStep: 1 }))
    s.clock.advance(EARLY_MS * 2)
    assert.deepEqual([await nextOf(s), await nextOf(s)], [early, late])
  })

  for (const [what, news] of [
    ['without news', {}],
    ['with news', { patch: { progress: 50 } }],
  ] as const satisfies readonly [string, Partial<Move>][]) {
    test(`order: an end that is announced during a look ${what} is looked at first`, async () => {
      await using s = await subject()
      const { early, late } = await twoRunning(s)
      await s.record({ taskId: late })
      const [claim] = await s.claim()
      assert.equal(claim?.taskId, late)
      s.clock.advance(EARLY_MS * 2)
      await s.record({ taskId: late, hint: 'ended' })
      const dueAtMs = s.clock.nowMs() + HOUR_MS
      await s.store.commit(s.move(claim, 'running', { dueAtMs, looked: true, hintStep: null, ...news }))
      assert.deepEqual([await nextOf(s), await nextOf(s)], [late, early])
    })
  }

  test('order: a video that was found is fetched before the next look, and tried again in its turn', async () => {
    await using s = await subject()
    const { early, late } = await twoRunning(s)
    await s.record({ taskId: late })
    const [look] = await s.claim()
    s.clock.advance(EARLY_MS * 2)
    await s.store.commit(s.move(look!, 'archiving'))
    const [download] = await s.claim({ limit: 1 })
    assert.equal(download?.taskId, late)
    await s.store.commit(s.move(download, 'archiving'))
    assert.deepEqual([await nextOf(s), await nextOf(s)], [early, late])
  })

  test('order: a task that is to be cancelled goes before those that are due longer, once', async () => {
    await using s = await subject()
    const { early, late } = await twoRunning(s)
    s.clock.advance(EARLY_MS * 2)
    await s.store.requestCancel('default', late)
    const [claim] = await s.claim({ limit: 1 })
    assert.equal(claim?.taskId, late)
    await s.store.commit(s.move(claim, 'running', { dueAtMs: s.clock.nowMs(), looked: true }))
    assert.deepEqual([await nextOf(s), await nextOf(s)], [early, late])
  })

  test('order: a wish that comes during a look is the next to be acted on', async () => {
    await using s = await subject()
    const { early, late } = await twoRunning(s)
    await s.record({ taskId: late })
    const [look] = await s.claim()
    s.clock.advance(EARLY_MS * 2)
    await s.store.requestCancel('default', late)
    await s.store.commit(s.move(look!, 'running', { dueAtMs: s.clock.nowMs() + HOUR_MS }))
    assert.deepEqual([await nextOf(s), await nextOf(s)], [late, early])
  })

  test('order: and so is one during a submission that is to be made again', async () => {
    await using s = await subject()
    const early = await s.reach('running', EARLY_MS)
    const { id } = await s.create()
    const submit = await s.submit()
    s.clock.advance(EARLY_MS * 2)
    await s.store.deleteTask('default', id)
    const dueAtMs = s.clock.nowMs() + HOUR_MS
    await s.store.commit(s.move(submit, 'queued', { from: 'submitting', dueAtMs }))
    assert.deepEqual([await nextOf(s), await nextOf(s)], [id, early])
  })

  test('order: what was announced of an attempt that is over makes no other one go first', async () => {
    await using s = await subject()
    const early = await s.reach('running', EARLY_MS)
    const { id } = await s.create()
    const submit = await s.submit()
    await s.record({ taskId: id, hint: 'ended' })
    s.clock.advance(EARLY_MS * 2)
    await s.store.commit(s.move(submit, 'queued', { from: 'submitting' }))
    assert.deepEqual([await nextOf(s), await nextOf(s)], [early, id])
  })
}
