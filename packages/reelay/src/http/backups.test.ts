import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { BackupOutcome } from './deps.ts'
import { startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type Sent } from './test-request.ts'

let api: TestApp
let outcome: BackupOutcome
let names: (string | null)[]

beforeEach(() => {
  names = []
  const backUp = async (name: string | null): Promise<BackupOutcome> => {
    names.push(name)
    return outcome
  }
  api = startTestApp({}, { backUp })
})
afterEach(() => api.close())

const ask = (body?: unknown, key = api.addKey('default', ['admin'])): Promise<Sent> =>
  send(api, 'POST', '/v1/backups', body === undefined ? { key } : { key, body })

test('a backup is answered with where it is, and noted', async () => {
  outcome = { kind: 'made', path: '/b/x.db', bytes: 4_096, startedAtMs: 1_790_000_000_999, tookMs: 7 }
  const { status, body } = await ask({ name: 'x.db' })
  const expected = { object: 'backup', path: '/b/x.db', bytes: 4_096, created_at: 1_790_000_000, took_ms: 7 }
  assert.deepEqual([status, body], [200, expected])
  await ask()
  assert.deepEqual(names, ['x.db', null])
  const noted = api.lines.filter(({ message }) => message === 'administered')
  assert.equal(noted.length, 2)
})

test('it is for administrators of the gateway', async () => {
  for (const key of [api.addKey('default'), api.addKey('proj_a', ['admin'])]) {
    const sent = await ask({}, key)
    assert.deepEqual([sent.status, errorOf(sent).code], [403, 'insufficient_scope'])
  }
  assert.deepEqual(names, [])
})

test('a name is a plain one', async () => {
  for (const name of ['', '.', '..', '../x', 'a/b', 'a\\b', '/x', '.x', 'x\0', ' x', 'ü', 'x'.repeat(101)]) {
    const sent = await ask({ name })
    assert.deepEqual([name, sent.status, errorOf(sent).param], [name, 400, 'name'])
  }
  assert.deepEqual(names, [])
})

test('what does not work says what to do', async () => {
  const cases: readonly [BackupOutcome, number, string, RegExp][] = [
    [{ kind: 'running' }, 409, 'backup_conflict', /is being made/],
    [{ kind: 'exists', path: '/b/x.db' }, 409, 'backup_conflict', /\/b\/x\.db already.*another name/],
    [{ kind: 'no_room', directory: '/b' }, 507, 'disk_full', /\/b has no room.*REELAY_BACKUP_DIR/],
    [{ kind: 'unsupported', reason: 'use pg_dump' }, 400, 'operation_not_supported', /use pg_dump/],
  ]
  for (const [given, status, code, message] of cases) {
    outcome = given
    const sent = await ask()
    assert.deepEqual([sent.status, errorOf(sent).code], [status, code])
    assert.match(errorOf(sent).message, message)
  }
})
