import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { StoreSubject } from '../../../test/contract/store-subject.ts'
import { TestClock } from '../../system/test-clock.ts'
import { StoreUnavailable } from '../store.ts'
import { openSqliteStore } from './sqlite-store.ts'

async function inDirectory(run: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-sqlite-'))
  try {
    await run(join(directory, 'reelay.db'))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const withSubject = (run: (subject: StoreSubject) => Promise<void>): Promise<void> =>
  inDirectory(async (path) => {
    await using subject = await StoreSubject.open((clock) => openSqliteStore({ path, clock }))
    await run(subject)
  })

test('what a key was used for is found until it expires, in its project and route only', async () => {
  await withSubject(async (s) => {
    const expiresAtMs = s.clock.nowMs() + 1_000
    const { id } = await s.create(
      {},
      { idempotency: { route: 'r', key: 'k', fingerprint: 'f', expiresAtMs } },
    )
    assert.deepEqual(await s.store.findIdempotent('default', 'r', 'k'), { fingerprint: 'f', taskId: id })
    for (const [project, route, key] of [
      ['other', 'r', 'k'],
      ['default', 'other', 'k'],
      ['default', 'r', 'other'],
    ] as const) {
      assert.equal(await s.store.findIdempotent(project, route, key), undefined)
    }
    s.clock.advance(1_000)
    assert.equal(await s.store.findIdempotent('default', 'r', 'k'), undefined)
  })
})

test('a timeline that is full still takes every change of state, without gaps', async () => {
  await withSubject(async (s) => {
    const noise = Array.from({ length: 2_100 }, () => ({ kind: 'submit.started' }) as const)
    const { id } = await s.create(
      {},
      { events: [{ kind: 'task.created' }, ...noise, { kind: 'task.state' }] },
    )
    const full = await s.store.timeline(id)
    assert.deepEqual([full.length, full.at(-1)?.kind, full.at(-1)?.seq], [2_001, 'task.state', 2_001])
    const claim = await s.claimOne()
    const events = [{ kind: 'submit.started' }] as const
    await s.store.commit(s.move(claim, 'failed', { events }))
    const last = (await s.store.timeline(id)).slice(2_001)
    assert.deepEqual(
      last.map(({ kind, seq }) => [kind, seq]),
      [['task.state', 2_002]],
    )
  })
})

test('no states match no task; running ones can be asked for alone', async () => {
  await withSubject(async (s) => {
    const { id } = await s.create({ state: 'running', providerWaits: true })
    const list = async (runningWaits: boolean | null): Promise<readonly string[]> => {
      const query = { projectId: 'default', limit: 5, order: 'asc', after: null, model: null } as const
      return (await s.store.listTasks({ ...query, states: [], runningWaits })).tasks.map((task) => task.id)
    }
    assert.deepEqual([await list(null), await list(true), await list(false)], [[], [id], []])
  })
})

test('a closed store refuses writes as one that cannot store now', async () => {
  await inDirectory(async (path) => {
    const store = await openSqliteStore({ path, clock: new TestClock() })
    await store.close()
    await assert.rejects(
      store.createProject({ id: 'p', name: 'p', createdAtMs: 0, limits: {} }),
      StoreUnavailable,
    )
  })
})

test('a database that cannot be migrated is closed again and can be opened once it is repaired', async () => {
  await inDirectory(async (path) => {
    const foreign = new DatabaseSync(path)
    foreign.exec('create table tasks (nonsense text)')
    foreign.close()
    await assert.rejects(openSqliteStore({ path, clock: new TestClock() }), /could not be migrated/)
    // The last connection takes these along.
    assert.equal(existsSync(`${path}-wal`), false)
    const repair = new DatabaseSync(path)
    repair.exec('drop table tasks')
    repair.close()
    await (await openSqliteStore({ path, clock: new TestClock() })).close()
  })
})
