import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Artifact, ListQuery } from '../../src/store/store.ts'
import { StoreSubject, type OpenStore } from './store-subject.ts'

const artifact = (role: Artifact['role'], storageKey: string): Artifact => ({
  role,
  index: 0,
  storageKey,
  sha256: 'abc',
  bytes: 1,
  mime: 'video/mp4',
  width: null,
  height: null,
  durationMs: null,
  codec: null,
})

/** Pages, wishes of clients, and files that nobody needs any more. */
export function storeReadContract(open: OpenStore): void {
  const subject = () => StoreSubject.open(open)
  const all: ListQuery = {
    projectId: 'default',
    limit: 100,
    order: 'asc',
    after: null,
    states: null,
    runningWaits: null,
    model: null,
  }
  const list = async (s: StoreSubject, query: Partial<ListQuery> = {}) =>
    (await s.store.listTasks({ ...all, ...query })).tasks.map(({ id }) => id)

  /** Walks all pages, as a client does. */
  const walk = async (s: StoreSubject, order: 'asc' | 'desc', limit: number) => {
    const ids: string[] = []
    for (let page = 0; page < 20; page += 1) {
      const last = ids.at(-1)
      const after = last === undefined ? null : (await s.store.positionOf('default', last))!
      const { tasks, hasMore } = await s.store.listTasks({ ...all, order, limit, after })
      ids.push(...tasks.map(({ id }) => id))
      if (!hasMore) return ids
    }
    throw new Error('the pages do not end')
  }

  test('list: pages in both orders give every task once, also those of one instant', async () => {
    await using s = await subject()
    const expected: string[] = []
    for (const instant of [0, 1, 2]) {
      for (const letter of ['c', 'a', 'b']) await s.create({ id: `video_${instant}${letter}` })
      expected.push(...['a', 'b', 'c'].map((letter) => `video_${instant}${letter}`))
      s.clock.advance(1)
    }
    for (const limit of [1, 2, 3, 4, 9, 10]) {
      assert.deepEqual(await walk(s, 'asc', limit), expected, `asc by ${limit}`)
      assert.deepEqual(await walk(s, 'desc', limit), expected.toReversed(), `desc by ${limit}`)
    }
  })

  test('list: says whether there is more, exactly', async () => {
    await using s = await subject()
    for (let index = 0; index < 3; index += 1) await s.create()
    const hasMore = async (limit: number) => (await s.store.listTasks({ ...all, limit })).hasMore
    assert.deepEqual([await hasMore(2), await hasMore(3), await hasMore(4)], [true, false, false])
  })

  test('list: a deleted task is hidden, and still good as a cursor', async () => {
    await using s = await subject()
    for (const id of ['video_a', 'video_b', 'video_c']) await s.create({ id })
    await s.store.deleteTask('default', 'video_b')
    assert.deepEqual(await list(s), ['video_a', 'video_c'])
    const after = (await s.store.positionOf('default', 'video_b'))!
    assert.deepEqual(after, { createdAtMs: s.clock.nowMs(), id: 'video_b' })
    assert.deepEqual(await list(s, { after }), ['video_c'])
  })

  test('list: other projects are not seen', async () => {
    await using s = await subject()
    await s.create()
    const { id } = await s.create({ projectId: 'p1' })
    assert.deepEqual(await list(s, { projectId: 'p1' }), [id])
    assert.equal((await list(s)).length, 1)
  })

  test('list: filters by state, by what a running task waits for, and by model', async () => {
    await using s = await subject()
    await s.create({ id: 'video_q' })
    await s.create({ id: 'video_w', state: 'running', providerWaits: true })
    await s.create({ id: 'video_r', state: 'running' })
    await s.create({ id: 'video_x', state: 'archiving' })
    assert.deepEqual(await list(s, { states: ['queued'] }), ['video_q'])
    assert.deepEqual(await list(s, { states: ['queued'], runningWaits: true }), ['video_q', 'video_w'])
    assert.deepEqual(await list(s, { states: ['archiving'], runningWaits: false }), ['video_r', 'video_x'])
    assert.deepEqual(await list(s, { states: ['running'] }), ['video_r', 'video_w'])
    assert.deepEqual(await list(s, { states: [] }), [])
    const { request } = await s.task('video_q')
    await s.create({ id: 'video_m', request: { ...request, model: 'other' } })
    assert.deepEqual(await list(s, { model: 'other' }), ['video_m'])
    assert.equal((await list(s, { model: 'm' })).length, 4)
  })

  test('list: a page shows the current attempt of a task', async () => {
    await using s = await subject()
    await s.create()
    const task = await s.run('job')
    assert.deepEqual((await s.store.listTasks(all)).tasks, [task])
  })

  test('cancel: the wish is stored once and wakes the task; the state is the engine’s', async () => {
    await using s = await subject()
    const { id } = await s.create({}, { dueAtMs: s.clock.nowMs() + 1_000_000 })
    const wishedAtMs = s.clock.nowMs()
    const wished = await s.store.requestCancel('default', id)
    assert.deepEqual([wished?.state, wished?.cancelRequestedAtMs], ['queued', wishedAtMs])
    assert.equal((await s.claimOne()).task.cancelRequestedAtMs, wishedAtMs)
    s.clock.advance(5)
    assert.equal((await s.store.requestCancel('default', id))?.cancelRequestedAtMs, wishedAtMs)
    assert.deepEqual(await s.kinds(id), ['task.created', 'task.cancel_requested'])
  })

  test('cancel: an ended task is answered unchanged, a foreign, missing or deleted one not at all', async () => {
    await using s = await subject()
    const ended = await s.create({ state: 'completed', progress: 100 })
    assert.deepEqual(await s.store.requestCancel('default', ended.id), ended)
    assert.equal(await s.store.requestCancel('p1', ended.id), undefined)
    assert.equal(await s.store.requestCancel('default', 'video_missing'), undefined)
    await s.store.deleteTask('default', ended.id)
    assert.equal(await s.store.requestCancel('default', ended.id), undefined)
  })

  test('delete: hides the task, asks for its cancellation and wakes it, once', async () => {
    await using s = await subject()
    const { id } = await s.create({}, { dueAtMs: s.clock.nowMs() + 1_000_000 })
    assert.equal(await s.store.deleteTask('p1', id), undefined)
    const deleted = await s.store.deleteTask('default', id)
    const now = s.clock.nowMs()
    assert.deepEqual([deleted?.deletedAtMs, deleted?.cancelRequestedAtMs], [now, now])
    assert.equal(await s.store.findTask('default', id), undefined)
    assert.equal((await s.store.loadTask(id))?.deletedAtMs, now)
    assert.equal((await s.claimOne()).task.deletedAtMs, now)
    assert.equal(await s.store.deleteTask('default', id), undefined)
    assert.deepEqual(await s.kinds(id), ['task.created', 'task.deleted'])
  })

  test('delete: works in a terminal state, whose outcome stays', async () => {
    await using s = await subject()
    const { id } = await s.create({ state: 'failed' })
    assert.equal((await s.store.deleteTask('default', id))?.state, 'failed')
    assert.equal(await s.store.findTask('default', id), undefined)
  })

  test('artifacts: those of many tasks at a time are those of each', async () => {
    await using s = await subject()
    const roles = ['video', 'input'] as const
    for (const id of ['video_one', 'video_two', 'video_else'])
      await s.create({ id }, { artifacts: roles.map((role) => artifact(role, `${id}/${role}`)) })
    await s.create({ id: 'video_none' })
    const found = await s.store.artifactsOf(['video_two', 'video_none', 'video_one'])
    assert.deepEqual([...found.keys()].toSorted(), ['video_one', 'video_two'])
    for (const [id, artifacts] of found) assert.deepEqual(artifacts, await s.store.artifacts(id))
    assert.equal((await s.store.artifactsOf([])).size, 0)
  })

  test('removable: inputs of ended tasks and everything of deleted ones, nothing of a task under way', async () => {
    await using s = await subject()
    const make = (id: string, state: 'running' | 'completed') =>
      s.create({ id, state }, { artifacts: [artifact('input', `${id}/i`), artifact('video', `${id}/v`)] })
    await make('video_run', 'running')
    await make('video_kept', 'completed')
    await make('video_gone', 'completed')
    await make('video_rundel', 'running')
    await s.store.deleteTask('default', 'video_gone')
    await s.store.deleteTask('default', 'video_rundel')
    const removable = await s.store.removableArtifacts(100)
    assert.deepEqual(removable.map(({ taskId, storageKey }) => `${taskId}: ${storageKey}`).toSorted(), [
      'video_gone: video_gone/i',
      'video_gone: video_gone/v',
      'video_kept: video_kept/i',
    ])
    assert.equal((await s.store.removableArtifacts(2)).length, 2)
    await s.store.removeArtifacts('video_gone', ['input', 'video'])
    await s.store.removeArtifacts('video_kept', ['input'])
    assert.deepEqual(await s.store.removableArtifacts(100), [])
    assert.equal((await s.store.artifacts('video_kept')).length, 1)
  })

  test('scheduled: counted by account and state, with the time of the one that is due first', async () => {
    await using s = await subject()
    assert.deepEqual(await s.store.countScheduled(), [])
    await s.create({ id: 'video_a' }, { dueAtMs: 500 })
    await s.create({ id: 'video_b' }, { dueAtMs: 200 })
    await s.create({ id: 'video_c', state: 'running' }, { dueAtMs: 900 })
    await s.create({ id: 'video_d' }, { account: 'other', dueAtMs: 100 })
    const counts = await s.store.countScheduled()
    assert.deepEqual(
      counts.toSorted((a, b) => `${a.account} ${a.state}`.localeCompare(`${b.account} ${b.state}`)),
      [
        { account: 'other', state: 'queued', count: 1, oldestDueAtMs: 100 },
        { account: 'scripted', state: 'queued', count: 2, oldestDueAtMs: 200 },
        { account: 'scripted', state: 'running', count: 1, oldestDueAtMs: 900 },
      ],
    )
  })
}
