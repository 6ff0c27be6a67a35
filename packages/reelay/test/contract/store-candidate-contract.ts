import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR_MS, type CallbackSubject } from './store-callback-subject.ts'

const operation = { providerTaskId: 'job', more: { region: 'x' } }
const wrong = { providerTaskId: 'wrong' }

/** A look at the candidate finds no such job. The next one is in a quarter of a minute. */
async function refute(s: CallbackSubject): Promise<void> {
  const claim = await s.claimOne()
  const dueAtMs = s.clock.nowMs() + 15_000
  await s.store.commit(s.move(claim, 'unknown', { dueAtMs, attempt: { kind: 'refuted', n: 1 } }))
  s.clock.advance(15_000)
}

const candidateOf = async (s: CallbackSubject): Promise<unknown> =>
  (await s.task(s.id)).attempt?.operation?.providerTaskId

/** The ids in question, look by look, when none of them is a job. */
async function lookedFor(s: CallbackSubject, looks: number): Promise<unknown[]> {
  const ids: unknown[] = []
  for (let look = 0; look < looks; look += 1) {
    ids.push(await candidateOf(s))
    if (ids.at(-1) === undefined) break
    await refute(s)
  }
  return ids
}

/** Ids that callbacks name for a submit whose answer was lost. */
export function storeCandidateContract(subject: () => Promise<CallbackSubject>): void {
  test('candidate: an id that came while the answer was awaited is looked for at once when it is lost', async () => {
    await using s = await subject()
    const { id } = await s.create()
    const claim = await s.submit()
    await s.record({ operation })
    assert.equal(await candidateOf(s), undefined, 'nothing is taken from it while the answer may come')
    const attempt = { kind: 'patch' as const, n: 1, patch: { state: 'unknown' as const } }
    const later = { from: 'submitting' as const, dueAtMs: s.clock.nowMs() + HOUR_MS, attempt }
    const lost = await s.store.commit(s.move(claim, 'unknown', later))
    assert.ok(lost.kind === 'committed' && lost.dueAtMs === s.clock.nowMs())
    assert.deepEqual(lost.task.attempt?.operation, operation)
    assert.equal((await s.claimOne()).taskId, id)
    assert.equal((await s.kinds(id)).at(-1), 'submit.found')
  })

  test('candidate: an id of a callback that was kept, and not heeded before a crash, is looked for after the next look', async () => {
    await using s = await subject()
    const id = await s.reach('unknown', 15_000)
    await s.keep({ operation })
    assert.equal(await candidateOf(s), undefined)
    s.clock.advance(15_000)
    const look = await s.store.commit(
      s.move(await s.claimOne(), 'unknown', { dueAtMs: s.clock.nowMs() + 15_000 }),
    )
    assert.ok(look.kind === 'committed' && look.dueAtMs === s.clock.nowMs())
    assert.deepEqual(look.task.attempt?.operation, operation)
    assert.deepEqual((await s.kinds(id)).at(-1), 'submit.found')
  })

  test('candidate: it is nothing when the answer comes', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.submit()
    await s.record({ operation: wrong })
    const patch = { state: 'accepted' as const, operation }
    const attempt = { kind: 'patch' as const, n: 1, patch }
    await s.store.commit(s.move(claim, 'running', { from: 'submitting', attempt }))
    assert.equal(await candidateOf(s), 'job')
  })

  test('candidate: forged ones are none, then or later', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.submit()
    await s.record({ operation: wrong, verdict: 'forged' })
    const attempt = { kind: 'patch' as const, n: 1, patch: { state: 'unknown' as const } }
    await s.store.commit(s.move(claim, 'unknown', { from: 'submitting', attempt }))
    assert.equal(await candidateOf(s), undefined)
    await s.record({ operation: wrong, verdict: 'forged' })
    assert.equal(await candidateOf(s), undefined)
  })

  test('candidate: one that a look misses makes room for the next, and comes again after it', async () => {
    await using s = await subject()
    await s.reach('unknown')
    await s.record({ operation: wrong })
    await s.record({ operation })
    assert.equal(await candidateOf(s), 'wrong')
    assert.deepEqual(await lookedFor(s, 4), ['wrong', 'job', 'wrong', 'job'])
    const claim = await s.claimOne()
    const patch = { state: 'accepted' as const, operation }
    const confirmed = { attempt: { kind: 'patch' as const, n: 1, patch } }
    assert.equal((await s.store.commit(s.move(claim, 'running', confirmed))).kind, 'committed')
  })

  test('candidate: those with a good signature come first', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.submit()
    await s.record({ operation: wrong })
    await s.record({ operation, verdict: 'trusted' })
    const attempt = { kind: 'patch' as const, n: 1, patch: { state: 'unknown' as const } }
    await s.store.commit(s.move(claim, 'unknown', { from: 'submitting', attempt }))
    assert.deepEqual(await lookedFor(s, 2), ['job', 'wrong'])
  })

  test('candidate: after five looks it is given up, and a new callback about it changes nothing', async () => {
    await using s = await subject()
    await s.reach('unknown')
    await s.record({ operation: wrong })
    assert.deepEqual(await lookedFor(s, 9), ['wrong', 'wrong', 'wrong', 'wrong', 'wrong', undefined])
    const found = (await s.kinds(s.id)).filter((kind) => kind === 'submit.found')
    assert.equal(found.length, 1, 'it is told once')
    await s.record({ operation })
    assert.equal(await candidateOf(s), 'job')
  })

  test('candidate: one that another task owns makes room too', async () => {
    await using s = await subject()
    const owner = await s.reach('running')
    const lost = await s.reach('unknown')
    await s.record({ operation: wrong })
    await s.record({ operation: { providerTaskId: `job-${owner}` } })
    await s.record({ operation })
    assert.deepEqual(await lookedFor(s, 2), ['wrong', 'job'])
    assert.ok((await s.kinds(lost)).includes('upstream.orphan'))
  })

  test('candidate: the answer of the provider itself outdoes it, and no look that misses drops that one', async () => {
    await using s = await subject()
    await s.reach('unknown')
    await s.record({ operation: wrong })
    await s.store.recordLateAnswer(s.id, 1, operation)
    assert.deepEqual(
      await lookedFor(s, 7),
      Array.from({ length: 7 }, () => 'job'),
    )
  })
}
