import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallbackIn, Move } from '../../src/store/store.ts'
import { storeAccountCallbackContract } from './store-account-callback-contract.ts'
import { storeCandidateContract } from './store-candidate-contract.ts'
import { storeOrderContract } from './store-order-contract.ts'
import { CallbackSubject, HOUR_MS, type OpenTables, type Row } from './store-callback-subject.ts'
import { ACCOUNT, LEASE_MS } from './store-subject.ts'

const KEPT_MAX = 50

type Open = () => Promise<CallbackSubject>

/** Callbacks of providers: kept as they came, and a reason to look sooner. */
export function storeCallbackContract(open: OpenTables): void {
  const subject: Open = () => CallbackSubject.of(open)
  keeping(subject)
  forged(subject)
  harmlessness(subject)
  pace(subject)
  hints(subject)
  candidates(subject)
  storeCandidateContract(subject)
  storeOrderContract(subject)
  storeAccountCallbackContract(subject)
}

function keeping(subject: Open): void {
  test('callback: a token leads to its attempt, an old one to the old attempt, an unknown one nowhere', async () => {
    await using s = await subject()
    const id = await s.reach('unknown', 0)
    const claim = await s.claimOne()
    const over = { kind: 'patch' as const, n: 1, patch: { state: 'not_sent' as const, endedAtMs: 1 } }
    await s.store.commit(s.move(claim, 'queued', { attempt: over }))
    await s.submit(2)
    const other = await s.reach('running')
    const found = async (hash: string) => s.store.findCallbackTarget(hash)
    const target = { projectId: 'default', taskId: id, account: ACCOUNT }
    assert.deepEqual(await found(`hash-1-${id}`), { ...target, attempt: 1 })
    assert.deepEqual(await found(`hash-2-${id}`), { ...target, attempt: 2 })
    assert.deepEqual(await found(`hash-1-${other}`), { ...target, taskId: other, attempt: 1 })
    for (const hash of [`hash-3-${id}`, '', 'null', `HASH-1-${id}`])
      assert.equal(await found(hash), undefined)
  })

  test('callback: its bytes and headers are kept as they came, also none', async () => {
    await using s = await subject()
    const id = await s.reach('running')
    const body = Uint8Array.from({ length: 512 }, (_, index) => index % 256)
    const headers = { 'x-signature': 'ä"\\', 'content-encoding': 'gzip' }
    assert.equal(await s.record({ body, headers, verdict: 'trusted' }), 'kept')
    s.clock.advance(5)
    assert.equal(await s.record({ body: new Uint8Array() }), 'kept')
    const rows = await s.rows('callbacks_in')
    assert.deepEqual(
      rows.map((row) => Buffer.from(row['body'] as Uint8Array)),
      [Buffer.from(body), Buffer.alloc(0)],
    )
    assert.deepEqual(JSON.parse(String(rows[0]?.['headers'])), headers)
    const kept = rows.map((row) => [row['task_id'], row['attempt_n'], row['provider'], row['verdict']])
    assert.deepEqual(kept, [
      [id, 1, 'scripted', 'trusted'],
      [id, 1, 'scripted', 'unsigned'],
    ])
    const nowMs = s.clock.nowMs()
    assert.deepEqual(
      rows.map((row) => row['received_at']),
      [nowMs - 5, nowMs],
    )
  })

  test('callback: copies are kept once and told once, those of another attempt are no copies', async () => {
    await using s = await subject()
    const id = await s.reach('running')
    const body = Buffer.from('same')
    const outcomes = await Promise.all([1, 2, 3].map(() => s.record({ body })))
    assert.deepEqual(outcomes.toSorted(), ['kept', 'repeated', 'repeated'])
    assert.equal(await s.record({ body, attempt: 2 }), 'kept')
    assert.equal((await s.rows('callbacks_in')).length, 2)
    const told = (await s.store.timeline(id)).filter(({ kind }) => kind === 'callback.received')
    assert.deepEqual(
      told.map(({ data }) => data),
      [
        { provider: 'scripted', verdict: 'unsigned', attempt: 1 },
        { provider: 'scripted', verdict: 'unsigned', attempt: 2 },
      ],
    )
  })

  test('callback: fifty of an attempt are kept, forged ones among them, and no more', async () => {
    await using s = await subject()
    await s.reach('running')
    const some = Array.from({ length: KEPT_MAX + 10 }, (_, index) =>
      s.record({ verdict: index % 5 === 0 ? 'forged' : 'unsigned' }),
    )
    const outcomes = await Promise.all(some)
    // Which of them are kept is up to the database: they come at once.
    assert.deepEqual(outcomes.toSorted(), [
      ...Array.from({ length: 10 }, () => 'full'),
      ...Array.from({ length: KEPT_MAX }, () => 'kept'),
    ])
    assert.equal(await s.record({ attempt: 2 }), 'kept')
    const before = await s.snapshot()
    assert.equal(await s.record(), 'full')
    assert.deepEqual(await s.snapshot(), before)
    assert.equal((await s.rows('callbacks_in')).length, KEPT_MAX + 1)
  })
}

function forged(subject: Open): void {
  test('callback: ten forged ones of an attempt are kept, and they take no room from the others', async () => {
    await using s = await subject()
    await s.reach('running')
    for (let index = 0; index < 60; index += 1) {
      assert.equal(await s.record({ verdict: 'forged' }), index < 10 ? 'kept' : 'full')
    }
    const before = await s.snapshot()
    assert.equal(await s.looks(), 0)
    for (let index = 0; index < KEPT_MAX - 10; index += 1) assert.equal(await s.record(), 'kept')
    assert.equal(await s.record(), 'full')
    assert.notDeepEqual((await s.snapshot())['schedule'], before['schedule'])
  })
}

/** What may differ in the schedule after a callback. */
const without = (row: Row | undefined): Row => {
  const names = [
    'due_at',
    'callback_tokens',
    'callback_refilled_at',
    'callback_due_at',
    'hint_step',
    'goes_first',
  ]
  return Object.fromEntries(Object.entries(row ?? {}).filter(([name]) => !names.includes(name)))
}

function harmlessness(subject: Open): void {
  const lie: Partial<CallbackIn> = { hint: 'ended', operation: { providerTaskId: 'of somebody' } }

  for (const state of ['queued', 'archiving', 'completed', 'failed', 'error'] as const) {
    test(`callback: of a task that is ${state} it is kept, and changes nothing`, async () => {
      await using s = await subject()
      const id = await s.reach(state)
      const before = await s.snapshot()
      assert.equal(await s.record(lie), 'kept')
      assert.deepEqual(await s.snapshot(), before)
      assert.equal((await s.kinds(id)).at(-1), 'callback.received')
    })
  }

  for (const state of ['submitting', 'running'] as const) {
    test(`callback: of a task that is ${state} it moves the next look and nothing else`, async () => {
      await using s = await subject()
      await s.reach(state)
      const { schedule: planned, ...before } = await s.snapshot()
      assert.equal(await s.record(lie), 'kept')
      const { schedule: moved, ...after } = await s.snapshot()
      assert.deepEqual(after, before)
      assert.deepEqual(without(moved?.[0]), without(planned?.[0]))
      assert.notDeepEqual(moved, planned)
    })
  }

  for (const state of ['queued', 'submitting', 'unknown', 'running', 'archiving', 'completed'] as const) {
    test(`callback: a forged one of a task that is ${state} is kept, and changes nothing`, async () => {
      await using s = await subject()
      const id = await s.reach(state)
      const before = await s.snapshot()
      assert.equal(await s.record({ ...lie, verdict: 'forged' }), 'kept')
      assert.deepEqual(await s.snapshot(), before)
      assert.equal((await s.store.timeline(id)).at(-1)?.data?.['verdict'], 'forged')
    })
  }

  test('callback: of an attempt that is over it is evidence only', async () => {
    await using s = await subject()
    await s.reach('unknown', 0)
    const over = { kind: 'patch' as const, n: 1, patch: { state: 'not_sent' as const, endedAtMs: 1 } }
    await s.store.commit(s.move(await s.claimOne(), 'queued', { attempt: over }))
    const second = await s.submit(2)
    const dueAtMs = s.clock.nowMs() + HOUR_MS
    await s.store.commit(s.move(second, 'unknown', { from: 'submitting', dueAtMs }))
    const before = await s.snapshot()
    assert.equal(await s.record({ ...lie, attempt: 1 }), 'kept')
    assert.deepEqual(await s.snapshot(), before)
  })

  test('callback: what it asks for a submit that is refused is over with the attempt', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.submit()
    await s.record({ hint: 'ended' })
    const dueAtMs = s.clock.nowMs() + 5_000
    await s.store.commit(s.move(claim, 'queued', { from: 'submitting', dueAtMs }))
    const { due_at, callback_due_at, hint_step } = await s.schedule()
    assert.deepEqual(
      { due_at, callback_due_at, hint_step },
      { due_at: dueAtMs, callback_due_at: null, hint_step: null },
    )
  })
}

function pace(subject: Open): void {
  test('callback: three looks come at once, then one a second', async () => {
    await using s = await subject()
    await s.reach('running')
    const made: number[] = []
    for (let tenth = 0; tenth < 35; tenth += 1) {
      await s.record({ body: Buffer.from('copy') })
      made.push(await s.looks())
      s.clock.advance(100)
    }
    const at = made.flatMap((count, tenth) => (count === 1 ? [tenth * 100] : []))
    assert.deepEqual(at, [0, 100, 200, 1_000, 2_000, 3_000])
    assert.deepEqual(
      made.filter((count) => count > 1),
      [],
    )
  })

  for (const [name, body] of [
    ['copies', () => Buffer.from('copy')],
    ['new ones', (index: number) => Buffer.from(`body ${index}`)],
  ] as const) {
    for (const isHeld of [false, true]) {
      test(`callback: a thousand ${name} in ten seconds${isHeld ? ', also during looks,' : ''} cause at most 13 looks`, async () => {
        await using s = await subject()
        await s.reach('running')
        const startMs = s.clock.nowMs()
        let looks = 0
        const left = Array.from({ length: 1_000 }, (_, index) => body(index))
        const send = async (count: number) => {
          for (const next of left.splice(0, count)) {
            await s.record({ body: next })
            s.clock.advance(10)
          }
        }
        while (left.length > 0) {
          await send(1)
          looks += await s.looks(() => send(isHeld ? 30 : 0))
        }
        assert.equal(s.clock.nowMs() - startMs, 10_000)
        assert.ok(looks <= 13, `${looks} looks`)
        assert.ok(looks >= (name === 'copies' ? 10 : 3), `only ${looks} looks`)
      })
    }
  }

  test('callback: a look that it asks for during a look is made, at once or in its turn', async () => {
    await using s = await subject()
    await s.reach('running')
    await s.record()
    const claim = await s.claimOne()
    await s.record()
    assert.equal((await s.schedule())['due_at'], s.clock.nowMs() + LEASE_MS, 'the lease stays as it is')
    const dueAtMs = s.clock.nowMs() + HOUR_MS
    const outcome = await s.store.commit(s.move(claim, 'running', { dueAtMs }))
    assert.deepEqual(outcome, {
      kind: 'committed',
      task: await s.task(claim.taskId),
      dueAtMs: s.clock.nowMs(),
    })
    assert.equal(await s.looks(), 1, 'no look is asked for by the same callback twice')
    assert.equal((await s.schedule())['due_at'], dueAtMs)
  })

  test('callback: a look that is due anyway costs nothing', async () => {
    await using s = await subject()
    await s.reach('running', 0)
    for (let index = 0; index < 10; index += 1) await s.record()
    assert.equal(await s.looks(), 1)
    for (let index = 0; index < 3; index += 1) {
      await s.record()
      assert.equal(await s.looks(), 1)
    }
    await s.record()
    assert.equal(await s.looks(), 0)
    s.clock.advance(1_000)
    assert.equal(await s.looks(), 1)
  })
}

/** The step of the next look. */
const stepOf = async (s: CallbackSubject): Promise<number | null> => (await s.claimOne()).hintStep

function hints(subject: Open): void {
  test('hint: an announced end is told to the look, anything else is not', async () => {
    await using s = await subject()
    await s.reach('running')
    await s.record({ hint: 'moved' })
    const claim = await s.claimOne()
    assert.equal(claim.hintStep, null)
    await s.store.release([claim])
    await s.record({ hint: 'ended' })
    assert.equal(await stepOf(s), 0)
  })

  test('hint: a look leaves its step, a failed one leaves it as it was, and a new hint starts again', async () => {
    await using s = await subject()
    await s.reach('running')
    await s.record({ hint: 'ended' })
    const step = async (patch: Partial<Move>) => {
      const claim = await s.claimOne()
      await s.store.commit(s.move(claim, 'running', patch))
      return claim.hintStep
    }
    assert.deepEqual([await step({ hintStep: 1 }), await step({}), await step({ hintStep: 2 })], [0, 1, 1])
    await s.record({ hint: 'moved' })
    assert.equal(await step({}), 2, 'news of another kind starts nothing again')
    await s.record({ hint: 'ended' })
    assert.deepEqual([await step({ hintStep: null }), await step({})], [0, null])
  })

  for (const step of [null, 0, 1, 2] as const) {
    test(`hint: one that comes while a look with step ${step} is under way is not lost`, async () => {
      await using s = await subject()
      await s.reach('running', 0)
      if (step !== null) {
        await s.record({ hint: 'ended' })
        if (step > 0) await s.store.commit(s.move(await s.claimOne(), 'running', { hintStep: step }))
      }
      const claim = await s.claimOne()
      assert.equal(claim.hintStep, step)
      await s.record({ hint: 'ended' })
      const dueAtMs = s.clock.nowMs() + HOUR_MS
      await s.store.commit(s.move(claim, 'running', { dueAtMs, hintStep: step === null ? null : step + 1 }))
      assert.equal(await stepOf(s), 0)
    })
  }
}

function candidates(subject: Open): void {
  const operation = { providerTaskId: 'job', more: { region: 'x' } }

  test('candidate: the id in a callback of a lost submit is looked at, and is not believed before', async () => {
    await using s = await subject()
    const id = await s.reach('unknown')
    const { tasks } = await s.snapshot()
    await s.record({ operation })
    assert.deepEqual((await s.snapshot())['tasks'], tasks)
    const { state, attempt } = await s.task(id)
    assert.deepEqual([state, attempt?.state, attempt?.operation], ['unknown', 'unknown', operation])
    const claim = await s.claimOne()
    assert.deepEqual(claim.task.attempt?.operation, operation)
    const patch = { state: 'accepted' as const, operation }
    const confirmed = await s.store.commit(
      s.move(claim, 'running', { attempt: { kind: 'patch', n: 1, patch } }),
    )
    assert.equal(confirmed.kind, 'committed')
  })

  test('candidate: the first one stays, and one that another task owns is none', async () => {
    await using s = await subject()
    const owner = await s.reach('running')
    const id = await s.reach('unknown')
    const owned = { providerTaskId: `job-${owner}` }
    await s.record({ operation: owned })
    assert.equal((await s.task(id)).attempt?.operation, null)
    assert.equal((await s.kinds(id)).at(-1), 'upstream.orphan')
    await s.record({ operation })
    await s.record({ operation: { providerTaskId: 'later' } })
    assert.deepEqual((await s.task(id)).attempt?.operation, operation)
    assert.deepEqual((await s.task(owner)).attempt?.operation, owned)
  })

  test('candidate: one that names none leaves the search as it is', async () => {
    await using s = await subject()
    const id = await s.reach('unknown')
    await s.record()
    assert.equal((await s.task(id)).attempt?.operation, null)
    assert.equal((await s.claimOne()).taskId, id)
  })
}
