import { once } from 'node:events'
import { systemClock } from '../../src/system/clock.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { newTask } from './new-task.ts'

/** Most tasks that one child makes: a test kills it long before. */
const TASKS_MAX = 20_000
const TOGETHER = 8

/**
 * Opens the store whose path it is given, and acknowledges each task that it stored with a line of its id. It runs in a
 * process of its own, for tests that end it without warning.
 */
async function main(path: string): Promise<void> {
  const store = await openSqliteStore({ path, clock: systemClock })
  await say('open')
  for (let made = 0; made < TASKS_MAX; made += TOGETHER) {
    await Promise.all(
      Array.from({ length: TOGETHER }, async () => {
        const task = newTask(systemClock.nowMs())
        await store.insertTask({
          task,
          account: 'scripted',
          dueAtMs: task.createdAtMs,
          artifacts: [],
          events: [{ kind: 'task.created' }],
          idempotency: { route: 'r', key: task.id, fingerprint: 'f', expiresAtMs: task.deadlineAtMs },
          replay: null,
          limits: { inFlightMax: null, perDayMax: null },
        })
        await say(task.id)
      }),
    )
  }
}

async function say(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain')
}

await main(process.argv[2] ?? '')
