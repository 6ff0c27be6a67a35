import { join } from 'node:path'
import { openSqliteStore } from '../packages/reelay/src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../packages/reelay/src/system/clock.ts'
import { systemIds } from '../packages/reelay/src/system/ids.ts'
import { hashOfKey } from '../packages/reelay/src/system/hash-of-key.ts'
import { newTask } from '../packages/reelay/test/support/new-task.ts'

const PROMPT =
  'A cinematic shot of a paper airplane crossing a desk, warm light, shallow depth of field, 35 mm'

/** A database with queued tasks and the key that reads them. */
export async function seedTasks(
  directory: string,
  count: number,
): Promise<{ ids: string[]; databasePath: string; key: string }> {
  const databasePath = join(directory, 'reelay.db')
  const store = await openSqliteStore({ path: databasePath, clock: systemClock })
  const key = `rk_${systemIds.secret(32)}`
  const nowMs = systemClock.nowMs()
  await store.createKey(
    {
      id: 'key_bootstrap',
      projectId: 'default',
      name: 'bench',
      scopes: ['create', 'read', 'content', 'admin'],
      profile: 'comet',
      createdAtMs: nowMs,
      lastUsedAtMs: null,
      expiresAtMs: null,
      revokedAtMs: null,
    },
    hashOfKey(key),
  )
  const base = newTask(nowMs)
  const tasks = Array.from({ length: count }, () =>
    newTask(nowMs, {
      request: { ...base.request, model: 'wan2.6', prompt: PROMPT, seconds: '5', size: '1280x720' },
    }),
  )
  await Promise.all(
    tasks.map((task) =>
      store.insertTask({
        task,
        account: 'scripted',
        dueAtMs: nowMs + 86_400_000,
        artifacts: [],
        events: [],
        idempotency: null,
        replay: null,
        limits: { inFlightMax: null, perDayMax: null },
      }),
    ),
  )
  await store.close()
  return { ids: tasks.map((task) => task.id), databasePath, key }
}
