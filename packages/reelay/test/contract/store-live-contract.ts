import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreSubject, type OpenStore } from './store-subject.ts'

/** What those who watch tasks ask for: how far they are, what changed, and what is new on a timeline. */
export function storeLiveContract(open: OpenStore): void {
  const subject = () => StoreSubject.open(open)

  test('live: several tasks at once, deleted ones too, and nothing for what is not there', async () => {
    await using s = await subject()
    const [a, b] = [await s.create(), await s.create()]
    await s.store.deleteTask('default', b.id)
    const loaded = await s.store.loadTasks([a.id, 'video_none', b.id])
    assert.deepEqual(loaded.map(({ id }) => id).toSorted(), [a.id, b.id].toSorted())
    assert.deepEqual([await s.store.loadTasks([]), await s.store.taskMarks([])], [[], []])
  })

  test('live: a mark changes with the task, with its timeline and with its deletion', async () => {
    await using s = await subject()
    const { id } = await s.create()
    const mark = async () => (await s.store.taskMarks([id, 'video_none']))[0]!
    const first = await mark()
    assert.deepEqual(first, { id, version: 1, seq: 1, isDeleted: false })
    const claim = await s.claimOne()
    await s.store.commit(s.move(claim, 'queued', { events: [{ kind: 'submit.not_sent' }] }))
    assert.deepEqual(await mark(), { ...first, seq: 2 })
    await s.run('job')
    const moved = await mark()
    assert.ok(moved.version > 1 && moved.seq > 2)
    await s.store.deleteTask('default', id)
    assert.deepEqual(await mark(), { ...moved, seq: moved.seq + 1, isDeleted: true })
  })

  test('live: a timeline is read on from where somebody is', async () => {
    await using s = await subject()
    const { id } = await s.create()
    await s.run('job')
    const whole = await s.store.timeline(id)
    assert.ok(whole.length >= 3)
    assert.deepEqual(await s.store.timeline(id, { seq: 1, limit: 100 }), whole.slice(1))
    assert.deepEqual(await s.store.timeline(id, { seq: 1, limit: 1 }), whole.slice(1, 2))
    assert.deepEqual(await s.store.timeline(id, { seq: whole.length, limit: 1 }), [])
  })

  test('live: what is only written on a timeline is announced too', async () => {
    await using s = await subject()
    await s.create()
    const claim = await s.claimOne()
    const heard: string[] = []
    s.store.onChange((id, kind) => heard.push(`${id} ${kind}`))
    await s.store.commit(s.move(claim, 'queued', { events: [{ kind: 'submit.not_sent' }] }))
    assert.deepEqual(heard, [`${claim.taskId} moved`])
  })

  test('live: what changed comes by the time of its last change, page by page, tombstones included', async () => {
    await using s = await subject()
    const startMs = s.clock.nowMs()
    const ids: string[] = []
    for (let index = 0; index < 5; index += 1) {
      ids.push((await s.create()).id)
      s.clock.advance(10)
    }
    await s.create({ projectId: 'other' })
    await s.store.deleteTask('default', ids[1]!)
    const seen: string[] = []
    let after = { updatedAtMs: startMs - 1, id: '' }
    for (let page = 0; page < 10; page += 1) {
      const { tasks, hasMore } = await s.store.changedTasks({ projectId: 'default', after, limit: 2 })
      seen.push(...tasks.map(({ id }) => id))
      const last = tasks.at(-1)!
      after = { updatedAtMs: last.updatedAtMs, id: last.id }
      if (!hasMore) break
    }
    assert.deepEqual(seen, [ids[0], ids[2], ids[3], ids[4], ids[1]])
    const none = await s.store.changedTasks({ projectId: 'default', after, limit: 2 })
    assert.deepEqual(none, { tasks: [], hasMore: false })
  })

  test('live: callbacks of a task come in their order, bounded by count and by bytes', async () => {
    await using s = await subject()
    const { id: taskId } = await s.create()
    await s.run('job')
    const bodies = [3, 1_000, 5, 7].map((bytes) => new Uint8Array(bytes).fill(200))
    for (const [index, body] of bodies.entries()) {
      const of = { projectId: 'default', taskId, attempt: 1, provider: 'p', headers: { a: 'b' } }
      await s.store.recordCallback({
        ...of,
        body,
        dedupeKey: `${taskId}.${index}`,
        verdict: 'unsigned',
        operation: null,
        hint: 'moved',
      })
      s.clock.advance(1)
    }
    const page = async (limit: number, bytesMax: number, after: string | null = null) => {
      const read = (await s.store.listCallbacks({ taskId, limit, bytesMax, after }))!
      return [read.callbacks.map(({ body }) => body.byteLength), read.hasMore]
    }
    assert.deepEqual(await page(10, 10_000), [[3, 1_000, 5, 7], false])
    assert.deepEqual(await page(2, 10_000), [[3, 1_000], true])
    assert.deepEqual(await page(10, 500), [[3], true])
    assert.deepEqual(await page(10, 500, `${taskId}.0`), [[1_000], true], 'one that is too large comes alone')
    assert.deepEqual(await page(10, 500, `${taskId}.1`), [[5, 7], false])
    const [first] = (await s.store.listCallbacks({ taskId, limit: 1, bytesMax: 9, after: null }))!.callbacks
    assert.deepEqual([...first!.body], [200, 200, 200])
    assert.deepEqual(
      [first!.headers, first!.attempt, first!.provider, first!.verdict],
      [{ a: 'b' }, 1, 'p', 'unsigned'],
    )
    assert.equal(await s.store.listCallbacks({ taskId, limit: 1, bytesMax: 9, after: 'none' }), undefined)
  })
}
