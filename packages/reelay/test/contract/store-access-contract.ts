import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiKey, ChangeKind } from '../../src/store/store.ts'
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
    assert.deepEqual(s.store.findKey('hash-a'), key('a'))
    assert.equal(s.store.findKey('hash-b'), undefined)
    assert.equal(await s.store.revokeKey(null, 'a'), true)
    assert.equal(s.store.findKey('hash-a'), undefined)
    assert.equal(await s.store.revokeKey(null, 'a'), false)
    assert.equal(await s.store.revokeKey(null, 'missing'), false)
  })

  test('keys: a key of the same id is replaced, and its old secret is dead', async () => {
    await using s = await subject()
    await s.store.createKey(key('bootstrap'), 'old')
    await s.store.createKey(key('bootstrap', { scopes: ['admin'] }), 'new')
    assert.equal(s.store.findKey('old'), undefined)
    assert.deepEqual(s.store.findKey('new')?.scopes, ['admin'])
    assert.equal((await s.store.listKeys(null)).length, 1)
  })

  test('keys: two keys never share a secret', async () => {
    await using s = await subject()
    await s.store.createKey(key('a'), 'same')
    await assert.rejects(s.store.createKey(key('b'), 'same'))
    assert.equal(s.store.findKey('same')?.id, 'a')
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
    const lastUse = () => s.store.findKey('a')?.lastUsedAtMs
    const firstMs = s.clock.nowMs()
    await s.store.touchKey('a')
    assert.equal(lastUse(), firstMs)
    s.clock.advance(MINUTE_MS - 1)
    await s.store.touchKey('a')
    assert.equal(lastUse(), firstMs)
    s.clock.advance(1)
    await s.store.touchKey('a')
    assert.equal(lastUse(), firstMs + MINUTE_MS)
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
    const seen: (string | undefined)[] = []
    s.store.onChange((taskId) => seen.push(s.store.loadTask(taskId)?.id))
    const ear = listen(s)
    const { id } = await s.create()
    assert.deepEqual(seen, [id])
    assert.deepEqual(ear.take(), ['scheduled'])
    ear.unsubscribe()
    await s.create()
    assert.deepEqual(ear.take(), [])
    assert.equal(seen.length, 2)
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
}
