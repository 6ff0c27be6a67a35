import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { summarise } from '@reelay/simulator'
import type { Checkpoint } from '../../src/engine/context.ts'
import { Receiver } from '../webhooks/receiver.ts'
import { COMET, Fleet, type Replica } from './fleet.ts'

const LEASE_MS = 3_000

/**
 * Where a task stands when its process is stopped. Two after an answered submit end differently; of two after a look, one is
 * still in the same state when its process goes on, so that only the lease tells it apart.
 */
const POINTS: readonly Checkpoint[] = [
  'submit.prepared',
  'submit.answered',
  'submit.answered',
  'poll.answered',
  'poll.answered',
  'archive.opened',
  'archive.kept',
  'archive.committed',
  'deliver.claimed',
  'deliver.answered',
]

const LASTING = 'poll.answered 2'

type Held = ReadonlyMap<string, string>

test(
  'a process that was stopped past its leases at every point changes nothing when it goes on',
  { timeout: 240_000 },
  async (t) => {
    await using fleet = await Fleet.open({ ...COMET, leaseMs: LEASE_MS })
    await using receiver = await Receiver.open()
    const zombie = await fleet.start({ STOP_AT: POINTS.join(',') })
    const held = await holdAll(zombie, receiver)
    const heir = await fleet.start()
    await heirEndsAll(fleet, held)
    const before = await viewOf(fleet, held)
    zombie.gateway.continue()
    await fleet.audit.untilState(idAt(held, 'submit.answered 2'), ['completed'])
    await zombie.gateway.stop()
    await checkTasks(fleet, held, before)
    checkBilled(fleet, held)
    checkWebhooks(t, receiver, held)
    await checkFiles(fleet, held)
    await heir.gateway.stop()
  },
)

/** One task stands at each point, and then the whole process does. */
async function holdAll({ gateway }: Replica, receiver: Receiver): Promise<Held> {
  const held = new Map<string, string>()
  for (const point of POINTS) {
    const count = POINTS.slice(0, held.size + 1).filter((name) => name === point).length
    const steps = `${point} ${count}` === LASTING ? 'running:40,running:60' : 'queued,running:40,done'
    const prompt = `at ${point} ${count} [up:steps=${steps}] [up:no-url]`
    // What was archived is delivered next.
    if (point !== 'deliver.claimed')
      await gateway.create({ model: 'wan2.6', prompt, callback_url: receiver.url })
    held.set(`${point} ${count}`, await gateway.held(point, count))
  }
  return held
}

const idAt = (held: Held, point: string): string =>
  held.get(point) ?? assert.fail(`nothing is held at ${point}`)

/** Takes all over, and ends what can be ended. One of the tasks whose answer is lost runs out of time. */
async function heirEndsAll({ audit }: Fleet, held: Held): Promise<void> {
  for (const point of ['poll.answered 1', 'archive.opened 1', 'archive.kept 1', 'archive.committed 1'])
    await audit.untilState(idAt(held, point), ['completed'])
  for (const point of ['submit.prepared 1', 'submit.answered 1', 'submit.answered 2'])
    await audit.untilState(idAt(held, point), ['unknown'])
  const late = idAt(held, 'submit.answered 1')
  await audit.rows('update tasks set deadline_at = audit_now() where id = $1', [late])
  await audit.rows('update schedule set due_at = audit_now() where task_id = $1 and lease_owner is null', [
    late,
  ])
  await audit.untilState(late, ['error'])
  const advanced = 'select progress from tasks where id = $1'
  await audit.until(advanced, [idAt(held, LASTING)], (progress) => progress === 60)
  await audit.until(`select count(*) from deliveries where state = 'pending'`, [], (count) => count === 0)
}

type View = { states: readonly unknown[]; files: readonly unknown[] }

/** Everything that could be changed or overwritten, but of the one task that goes on. */
async function viewOf({ audit, directory }: Fleet, held: Held): Promise<View> {
  const ids = [...held].flatMap(([point, id]) => (point === 'submit.answered 2' ? [] : [id]))
  const states = await audit.rows(
    `select tasks.*, attempts.state as attempt, attempts.provider_task_id, attempts.ended_at from tasks
      join attempts on task_id = id where id = any($1) order by id, n`,
    [ids],
  )
  const kept = await audit.rows('select * from artifacts where task_id = any($1) order by task_id, role', [
    ids,
  ])
  const files = await Promise.all(
    ids.map(async (id) => {
      const folder = join(directory, 'files', 'videos', id)
      const names: string[] = await readdir(folder).catch(() => [])
      return Promise.all(
        names.toSorted().map(async (name) => {
          const { ino, size, mtimeMs } = await stat(join(folder, name))
          return { id, name, ino, size, mtimeMs }
        }),
      )
    }),
  )
  return { states: [...states, ...kept], files }
}

async function checkTasks(fleet: Fleet, held: Held, before: View): Promise<void> {
  const after = await viewOf(fleet, held)
  assert.deepEqual(after.states, before.states)
  assert.deepEqual(after.files, before.files)
  assert.deepEqual(await fleet.audit.violations(), { doubleClaims: 0, brokenFences: 0, changedEnds: 0 })
  const orphans = await fleet.audit.rows<{ task_id: string }>(
    `select task_id from task_events where kind = 'upstream.orphan'`,
  )
  assert.deepEqual(orphans, [{ task_id: idAt(held, 'submit.answered 1') }])
}

function checkBilled({ upstream }: Fleet, held: Held): void {
  const { jobsByPrompt } = summarise(upstream.readLedger())
  const jobsAt = (point: string): number =>
    Object.entries(jobsByPrompt).find(([prompt]) => prompt.startsWith(`at ${point} `))?.[1] ?? 0
  for (const point of held.keys()) {
    if (point === 'deliver.claimed 1') continue
    assert.equal(jobsAt(point), point === 'submit.prepared 1' ? 0 : 1, `jobs of the task at ${point}`)
  }
}

function checkWebhooks(t: TestContext, receiver: Receiver, held: Held): void {
  const sent = new Map<string, string[]>()
  for (const { event, headers } of receiver.received) {
    const task = String(event['task_id'])
    sent.set(task, [...(sent.get(task) ?? []), headers['webhook-id'] ?? ''])
  }
  for (const ids of sent.values()) assert.equal(new Set(ids).size, 1)
  for (const point of ['deliver.claimed 1', 'deliver.answered 1'])
    assert.equal(sent.get(idAt(held, point))?.length, 2, `webhooks of the task at ${point}`)
  t.diagnostic(`${receiver.received.length} webhooks of ${sent.size} tasks`)
}

/** One object for each completed task, the one that its commit named; and nothing is left half-written. */
async function checkFiles({ audit, directory }: Fleet, held: Held): Promise<void> {
  const rows = await audit.rows<{ task_id: string; storage_key: string }>(
    `select task_id, storage_key from artifacts where role = 'video'`,
  )
  assert.equal(rows.length, new Set(held.values()).size - 3)
  for (const { task_id: id, storage_key: key } of rows) {
    const names = await readdir(join(directory, 'files', 'videos', id))
    assert.deepEqual(
      names.filter((name) => name.includes('.video.')).map((name) => `videos/${id}/${name}`),
      [key],
    )
  }
  assert.deepEqual(await readdir(join(directory, 'files', 'staging')), [])
}
