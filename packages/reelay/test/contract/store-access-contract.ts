import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiKey, ChangeKind } from '../../src/store/store.ts'
import type { Task } from '../../src/task/task.ts'
import { LEASE_MS, StoreSubject, type OpenStore } from './store-subject.ts'

const MINUTE_MS = 60_000

const key = (id: string, patch: Partial<ApiKey> = {}): ApiKey => ({
  id,
  projectId: 'default',
  name: 'laptop',
  scopes: ['create', 'read'],
  profile: 'openai',
  createdAtMs: 1,
  lastUsedAtMs: null,
  expiresAtMs: null,
  revokedAtMs: null,
  ...patch,
})

const listen = (s: StoreSubject) => {
  const heard: [string, ChangeKind][] = []
  const unsubscribe = s.store.onChange((taskId, kind) => heard.push([taskId, kind]))
  return { heard, unsubscribe, take: () => heard.splice(0).map(([, kind]) => kind) }
}

/** Keys, projects, and what listeners hear. */
export function storeAccessContract(open: OpenStore): void {
  const subject = () => StoreSubject.open(open)

  test('keys: a live key is found by its hash only, and not when it is revoked', async () => {
    await using s = await subject()
    await s.store.createKey(key('a'), 'hash-a')
    assert.deepEqual(await s.store.findKey('hash-a'), key('a'))
    assert.equal(await s.store.findKey('hash-b'), undefined)
    assert.equal(await s.store.revokeKey(null, 'a'), true)
    assert.equal(await s.store.findKey('hash-a'), undefined)
    assert.equal(await s.store.revokeKey(null, 'a'), false)
    assert.equal(await s.store.revokeKey(null, 'missing'), false)
  })

  test('keys: one read finds a live key with a task of its project, and nothing else', async () => {
    await using s = await subject()
    await s.store.createKey(key('a'), 'hash-a')
    await s.store.createKey(key('foreign', { projectId: 'p1' }), 'hash-foreign')
    await s.store.createKey(key('late', { expiresAtMs: s.clock.nowMs() }), 'hash-late')
    const { id } = await s.create()
    await s.run('job-1')
    const found = await s.store.findKeyedTask('hash-a', id)
    assert.deepEqual(found, { key: key('a'), task: await s.store.findTask('default', id) })
    assert.equal(found?.task.attempt?.operation?.providerTaskId, 'job-1')
    for (const hash of ['hash-foreign', 'hash-late', 'hash-none'])
      assert.equal(await s.store.findKeyedTask(hash, id), undefined, hash)
    assert.equal(await s.store.findKeyedTask('hash-a', 'video_none'), undefined)
    await s.store.deleteTask('default', id)
    assert.equal(await s.store.findKeyedTask('hash-a', id), undefined, 'deleted')
    const { id: other } = await s.create()
    await s.store.revokeKey(null, 'a')
    assert.equal(await s.store.findKeyedTask('hash-a', other), undefined, 'revoked')
  })

  test('keys: a key of the same id is replaced, and its old secret is dead', async () => {
    await using s = await subject()
    await s.store.createKey(key('bootstrap'), 'old')
    await s.store.createKey(key('bootstrap', { scopes: ['admin'] }), 'new')
    assert.equal(await s.store.findKey('old'), undefined)
    assert.deepEqual((await s.store.findKey('new'))?.scopes, ['admin'])
    assert.equal((await s.store.listKeys(null)).length, 1)
  })

  test('keys: two keys never share a secret', async () => {
    await using s = await subject()
    await s.store.createKey(key('a'), 'same')
    await assert.rejects(s.store.createKey(key('b'), 'same'))
    assert.equal((await s.store.findKey('same'))?.id, 'a')
  })

  test('keys: the list shows the live ones, of one project or of all', async () => {
    await using s = await subject()
    await s.store.createKey(key('b', { createdAtMs: 2 }), 'b')
    await s.store.createKey(key('a', { createdAtMs: 1, projectId: 'p1' }), 'a')
    await s.store.createKey(key('c', { createdAtMs: 3 }), 'c')
    await s.store.revokeKey(null, 'c')
    const ids = async (projectId: string | null) => (await s.store.listKeys(projectId)).map(({ id }) => id)
    assert.deepEqual(await ids(null), ['a', 'b'])
    assert.deepEqual(await ids('p1'), ['a'])
    assert.deepEqual(await ids('p2'), [])
  })

  test('keys: the last use is written at most once a minute', async () => {
    await using s = await subject()
    await s.store.createKey(key('a'), 'a')
    const lastUse = async () => (await s.store.findKey('a'))?.lastUsedAtMs
    const firstMs = s.clock.nowMs()
    await s.store.touchKey('a')
    assert.equal(await lastUse(), firstMs)
    s.clock.advance(MINUTE_MS - 1)
    await s.store.touchKey('a')
    assert.equal(await lastUse(), firstMs)
    s.clock.advance(1)
    await s.store.touchKey('a')
    assert.equal(await lastUse(), firstMs + MINUTE_MS)
  })

  test('projects: the default one is there, others are added, an id is taken once', async () => {
    await using s = await subject()
    const project = { id: 'p1', name: 'One', createdAtMs: 5, limits: {} }
    await s.store.createProject(project)
    await assert.rejects(s.store.createProject({ ...project, name: 'Two' }))
    assert.deepEqual(await s.store.listProjects(), [
      { id: 'default', name: 'Default', createdAtMs: 0, limits: {} },
      project,
    ])
  })

  test('changes: clients schedule, the engine moves, and a look without news is silent', async () => {
    await using s = await subject()
    const ear = listen(s)
    const { id } = await s.create()
    assert.deepEqual(ear.heard, [[id, 'scheduled']])
    ear.take()
    const claim = await s.claimOne()
    await s.store.renew(claim, LEASE_MS)
    await s.store.markRetrieved(id)
    assert.deepEqual(ear.take(), [])
    await s.store.commit(s.move(claim, 'queued', { patch: { faults: 1 } }))
    assert.deepEqual(ear.take(), [])
    await s.store.commit(s.move(await s.claimOne(), 'queued', { patch: { progress: 5 } }))
    assert.deepEqual(ear.take(), ['moved'])
    await s.store.wake(id)
    await s.store.requestCancel('default', id)
    assert.deepEqual(ear.take(), ['scheduled', 'scheduled'])
    await s.store.requestCancel('default', id)
    assert.deepEqual(ear.take(), [], 'a second wish changes nothing')
    await s.store.deleteTask('default', id)
    assert.deepEqual(ear.take(), ['scheduled'])
    await s.store.commit(s.move(await s.claimOne(), 'failed', { dueAtMs: null }))
    assert.deepEqual(ear.take(), ['moved'])
  })

  test('changes: heard after the commit, by every listener, until it leaves', async () => {
    await using s = await subject()
    const seen: Promise<Task | undefined>[] = []
    s.store.onChange((taskId) => seen.push(Promise.resolve(s.store.loadTask(taskId))))
    const ids = async () => (await Promise.all(seen)).map((task) => task?.id)
    const ear = listen(s)
    const { id } = await s.create()
    assert.deepEqual(await ids(), [id])
    assert.deepEqual(ear.take(), ['scheduled'])
    ear.unsubscribe()
    await s.create()
    assert.deepEqual(ear.take(), [])
    assert.equal((await ids()).length, 2)
  })

  test('changes: a replay, a refused key and a failed write are silent', async () => {
    await using s = await subject()
    const idempotency = { route: 'r', key: 'k', fingerprint: 'f', expiresAtMs: s.clock.nowMs() + MINUTE_MS }
    const task = await s.create({}, { idempotency })
    const ear = listen(s)
    await s.insert({}, { idempotency })
    await s.insert({}, { idempotency: { ...idempotency, fingerprint: 'g' } })
    await assert.rejects(s.insert({ id: task.id }))
    assert.deepEqual(ear.take(), [])
  })

  test('close: later writes are refused', async () => {
    const s = await subject()
    await s.store.close()
    await assert.rejects(s.insert(), /closed/)
  })

  keyLifeCases(subject)
}

function keyLifeCases(subject: () => Promise<StoreSubject>): void {
  test('keys: an expired key is not found, and says why to who asks for the dead', async () => {
    await using s = await subject()
    const expiresAtMs = s.clock.nowMs() + MINUTE_MS
    await s.store.createKey(key('a', { expiresAtMs }), 'hash-a')
    s.clock.advance(MINUTE_MS - 1)
    assert.equal((await s.store.findKey('hash-a'))?.id, 'a')
    assert.equal(await s.store.findDeadKey('hash-a'), undefined)
    s.clock.advance(1)
    assert.equal(await s.store.findKey('hash-a'), undefined)
    assert.deepEqual(await s.store.findDeadKey('hash-a'), key('a', { expiresAtMs }))
    assert.deepEqual(
      (await s.store.listKeys(null)).map(({ id }) => id),
      ['a'],
      'a person must be able to see why it is refused',
    )
    await s.store.createKey(key('b'), 'hash-b')
    await s.store.revokeKey(null, 'b')
    assert.equal((await s.store.findDeadKey('hash-b'))?.revokedAtMs, s.clock.nowMs())
    assert.equal(await s.store.findDeadKey('hash-none'), undefined)
  })

  test('keys: a foreign key is neither found by its id nor revoked', async () => {
    await using s = await subject()
    await s.store.createKey(key('a', { projectId: 'p1' }), 'hash-a')
    assert.equal((await s.store.findKeyById('p1', 'a'))?.id, 'a')
    assert.equal((await s.store.findKeyById(null, 'a'))?.id, 'a')
    assert.equal(await s.store.findKeyById('p2', 'a'), undefined)
    assert.equal(await s.store.revokeKey('p2', 'a'), false)
    assert.equal(await s.store.revokeKey('p1', 'a'), true)
    assert.equal(await s.store.findKeyById(null, 'a'), undefined)
  })

  test('keys: a replaced key goes on until its time, and never longer than it would have', async () => {
    await using s = await subject()
    const nowMs = s.clock.nowMs()
    await s.store.createKey(key('a'), 'hash-a')
    const replace = (id: string, expiresAtMs: number, next: string, countMax = Infinity) =>
      s.store.replaceKey({ id, expiresAtMs, next: key(next), secretHash: `hash-${next}`, countMax })
    assert.equal(await replace('a', nowMs + 100, 'b'), 'replaced')
    assert.deepEqual(
      [(await s.store.findKey('hash-a'))?.expiresAtMs, (await s.store.findKey('hash-b'))?.id],
      [nowMs + 100, 'b'],
    )
    await replace('a', nowMs + 500, 'c')
    assert.equal((await s.store.findKey('hash-a'))?.expiresAtMs, nowMs + 100)
    s.clock.advance(100)
    assert.equal(await s.store.findKey('hash-a'), undefined)
    assert.equal((await s.store.findKey('hash-b'))?.expiresAtMs, null)
    await s.store.revokeKey(null, 'b')
    assert.equal(await replace('b', nowMs, 'd'), 'missing')
    assert.equal(await s.store.findKey('hash-d'), undefined)
  })

  test('keys: a full project takes no more, also when they come at once; the dead do not count', async () => {
    await using s = await subject()
    const nowMs = s.clock.nowMs()
    await s.store.createKey(key('foreign', { projectId: 'p1' }), 'hash-foreign')
    await s.store.createKey(key('old', { expiresAtMs: nowMs }), 'hash-old')
    await s.store.createKey(key('revoked'), 'hash-revoked')
    await s.store.revokeKey(null, 'revoked')
    const create = (id: string) => s.store.createKey(key(id), `hash-${id}`, 2)
    const names = ['a', 'b', 'c', 'd']
    const made = await Promise.all(names.map(create))
    const [one = '', other = ''] = names.filter((_, index) => made[index])
    assert.equal(made.filter(Boolean).length, 2)
    for (const [index, name] of names.entries())
      assert.equal((await s.store.findKey(`hash-${name}`)) !== undefined, made[index])
    assert.equal(await create(one), true, 'one of the same id is replaced')
    const next = { id: one, next: key('e'), secretHash: 'hash-e', countMax: 2 }
    assert.equal(await s.store.replaceKey({ ...next, expiresAtMs: nowMs + 100 }), 'full')
    assert.equal((await s.store.findKey(`hash-${one}`))?.expiresAtMs, null)
    assert.equal(await s.store.replaceKey({ ...next, expiresAtMs: nowMs }), 'replaced')
    await s.store.revokeKey(null, other)
    assert.equal(await create('f'), true)
  })

  test('projects: name and limits are changed apart from each other, limits as a whole', async () => {
    await using s = await subject()
    await s.store.createProject({
      id: 'p1',
      name: 'One',
      createdAtMs: 5,
      limits: { inFlight: 1, perDay: null },
    })
    const limits = { createsPerMinute: 0.5 }
    assert.deepEqual((await s.store.updateProject('p1', { limits }))?.limits, limits)
    assert.equal((await s.store.updateProject('p1', { name: 'Two' }))?.name, 'Two')
    assert.deepEqual(await s.store.findProject('p1'), { id: 'p1', name: 'Two', createdAtMs: 5, limits })
    assert.equal(await s.store.updateProject('p2', { name: 'x' }), undefined)
    assert.equal(await s.store.findProject('p2'), undefined)
  })

  test('wishes: the timeline says whose they are', async () => {
    await using s = await subject()
    const { id } = await s.create()
    const by = { keyId: 'key_1', requestId: 'req_1' }
    await s.store.requestCancel('default', id, by)
    await s.store.requestCancel('default', id, { ...by, keyId: 'key_2' })
    await s.store.deleteTask('default', id, { keyId: 'key_3', requestId: 'req_3' })
    const told = (await s.store.timeline(id)).slice(1).map(({ kind, data }) => [kind, data])
    assert.deepEqual(told, [
      ['task.cancel_requested', { request_id: 'req_1', key_id: 'key_1' }],
      ['task.deleted', { request_id: 'req_3', key_id: 'key_3' }],
    ])
  })
}
