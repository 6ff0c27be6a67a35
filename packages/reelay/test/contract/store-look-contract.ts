import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Claim, Move } from '../../src/store/store.ts'
import { LEASE_MS, StoreSubject, type OpenStore } from './store-subject.ts'

const HOUR_MS = 3_600_000
const MANY = 60

/** Tasks that run, all claimed, in the order in which they were made. */
async function runningTasks(s: StoreSubject, count: number): Promise<readonly Claim[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) {
    ids.push((await s.create()).id)
    await s.run(`job-${index}`, { dueAtMs: s.clock.nowMs() + HOUR_MS })
  }
  s.clock.advance(HOUR_MS)
  const claims = await s.claim({ limit: count })
  assert.equal(claims.length, count)
  return claims.toSorted((one, other) => ids.indexOf(one.taskId) - ids.indexOf(other.taskId))
}

const look = (s: StoreSubject, claim: Claim, patch: Partial<Move> = {}): Move =>
  s.move(claim, 'running', { dueAtMs: s.clock.nowMs() + HOUR_MS, looked: true, hintStep: null, ...patch })

/** Looks without news that end together, however a database writes them. */
export function storeLookContract(open: OpenStore): void {
  const subject = () => StoreSubject.open(open)

  test('looks: each of many that end together is written, with its own time', async () => {
    await using s = await subject()
    const claims = await runningTasks(s, MANY)
    const lookedAtMs = s.clock.nowMs()
    const outcomes = await Promise.all(
      claims.map((claim, index) => s.store.commit(look(s, claim, { dueAtMs: lookedAtMs + 1 + index }))),
    )
    for (const [index, outcome] of outcomes.entries())
      assert.ok(outcome.kind === 'committed' && outcome.task.id === claims[index]?.taskId)
    assert.deepEqual(await s.claim(), [])
    s.clock.advance(MANY / 2)
    const due = await s.claim({ limit: MANY })
    assert.deepEqual(
      due.map(({ taskId }) => taskId).toSorted(),
      claims
        .slice(0, MANY / 2)
        .map(({ taskId }) => taskId)
        .toSorted(),
    )
    assert.ok(due.every((claim) => claim.lookedAtMs === lookedAtMs))
  })

  test('looks: each has a guard of its own, and hears of its own wakes', async () => {
    await using s = await subject()
    const [stale, woken, ended, plain] = await runningTasks(s, 4)
    s.clock.advance(LEASE_MS + 1)
    // By the same process: only the fence tells the two apart.
    const again = await s.claim()
    const of = (claim: Claim): Claim => again.find(({ taskId }) => taskId === claim.taskId)!
    await s.store.wake(woken!.taskId)
    await s.store.commit(s.move(of(ended!), 'failed', { dueAtMs: null }))
    const outcomes = await Promise.all([
      s.store.commit(look(s, stale!)),
      s.store.commit(look(s, of(woken!))),
      s.store.commit(look(s, of(ended!))),
      s.store.commit(look(s, of(plain!))),
    ])
    assert.deepEqual(
      outcomes.map((outcome) =>
        outcome.kind === 'committed' ? (outcome.dueAtMs ?? 'planned') : outcome.kind,
      ),
      ['fenced', s.clock.nowMs(), 'fenced', 'planned'],
    )
    assert.deepEqual(
      (await s.claim()).map(({ taskId }) => taskId),
      [woken!.taskId],
      'what the stale lease would give back is still held',
    )
  })
}
