import { isTerminal } from '../../src/task/state.ts'
import type { Task } from '../../src/task/task.ts'
import type { Actors } from './run-command.ts'
import { ADDRESSES } from './receivers.ts'
import { STORE_WORKS } from './store-handle.ts'
import type { World } from './world.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** One look, its backoff, and the start of a process. */
const RECOVERY_MS = 10 * MINUTE_MS
/** No pause between two looks at a running job is longer. */
const LOOK_MS_MAX = 2 * MINUTE_MS
/** Stretches of virtual time after everything works again. */
const STRETCH_MS = 10 * MINUTE_MS
/** Four days: longer than any archive, any watch over a job that may still be billed, and all retries of a webhook. */
const STRETCHES_MAX = 4 * 24 * 6

const numberOf = (world: World, sql: string): number => Number(world.statement(sql).get()?.['n'] ?? 0)

const fieldsOf = (task: Task | undefined): string =>
  task === undefined
    ? 'nothing'
    : JSON.stringify([
        task.state,
        task.progress,
        task.version,
        task.candidate,
        task.error,
        task.completedAtMs,
        task.deadlineAtMs,
        task.cancelRequestedAtMs,
        task.deletedAtMs,
        task.attempt?.n,
        task.attempt?.clientToken,
        task.attempt?.state,
      ])

/** After each command: the database says what the writes to it said, whole. */
export function checkRows(world: World, { clients }: Actors): void {
  const { findings, watch } = world
  for (const id of clients.ids) findings.check(1, world.stored(id) !== undefined, () => `${id} is gone`)
  for (const [id, task] of watch.tasks) {
    const stored = world.stored(id)
    findings.check(isTerminal(task.state) ? 11 : 2, fieldsOf(stored) === fieldsOf(task), () => {
      return `${fieldsOf(task)} was written, ${fieldsOf(stored)} is stored`
    })
  }
  const lookMs = numberOf(world, LATEST_LOOK) - world.nowMs
  if (world.isClockFollowed && !world.hasOldPlans)
    findings.check(27, lookMs <= LOOK_MS_MAX, () => `the next look at a running job is ${lookMs} ms away`)
  const partial = numberOf(world, PARTIAL)
  findings.check(2, partial === 0, () => `${partial} tasks are stored in part`)
  const shared = numberOf(world, SHARED)
  findings.check(8, shared === 0, () => `${shared} jobs have several owners`)
}

const LATEST_LOOK = `select max(due_at) as n from schedule join tasks on tasks.id = schedule.task_id
  where tasks.state = 'running' and lease_owner is null`

const PARTIAL = `select count(*) as n from tasks where
  not exists (select 1 from idempotency where idempotency.task_id = tasks.id)
  or not exists (select 1 from task_events where task_events.task_id = tasks.id and seq = 1)
  or (attempt_n is not null and not exists
    (select 1 from attempts where attempts.task_id = tasks.id and attempts.n = tasks.attempt_n))
  or (state not in ('completed', 'failed', 'error') and not exists
    (select 1 from schedule where schedule.task_id = tasks.id))`

const SHARED = `select count(*) as n from (select 1 from attempts where provider_task_id is not null
  group by account, provider_task_id having count(*) > 1)`

/** Everything works again, and time passes until nothing is left to do. */
export async function healAndCheck(world: World, actors: Actors): Promise<void> {
  await heal(world)
  const healedAtMs = world.nowMs
  for (let stretch = 0; stretch < STRETCHES_MAX; stretch += 1) {
    if (isQuiet(world) || world.findings.broken.length > 0) break
    await world.pass(STRETCH_MS)
    checkEnds(world, healedAtMs)
  }
  if (world.findings.broken.length > 0) return
  checkRows(world, actors)
  const open = [...world.watch.tasks.values()].filter(({ state }) => !isTerminal(state))
  world.findings.check(9, open.length === 0, () => open.map(({ id, state }) => `${id} is ${state}`).join())
  const scheduled = numberOf(world, 'select count(*) as n from schedule')
  world.findings.check(9, scheduled === 0, () => `${scheduled} tasks are on the schedule for ever`)
  actors.callers.checkKept()
  checkDeliveries(world)
  if (world.isAlone) await checkFiles(world)
}

async function heal(world: World): Promise<void> {
  world.storeFault = STORE_WORKS
  world.disk.isFull = false
  world.upstream.heal()
  for (const url of Object.values(ADDRESSES)) world.receivers.is(url, 'works')
  // A day too early, a job is young for a day, and looked at as one. That it goes on has been seen by now.
  if (world.setByMs < -HOUR_MS) world.setWall(-world.setByMs)
  world.disturb()
  world.lookAgain()
  for (const [index, replica] of world.replicas.entries()) {
    replica.trap = undefined
    replica.gate.thaw()
    await world.settle()
    await world.boot(index)
  }
}

const isQuiet = (world: World): boolean =>
  numberOf(
    world,
    `select (select count(*) from schedule) + (select count(*) from deliveries where state = 'pending') as n`,
  ) === 0

function checkEnds(world: World, healedAtMs: number): void {
  const { findings, watch, nowMs, upstream } = world
  for (const { id, state, deadlineAtMs } of watch.tasks.values()) {
    const isLate = !isTerminal(state) && nowMs > Math.max(deadlineAtMs, healedAtMs) + RECOVERY_MS
    findings.check(9, !isLate, () => `${id} is ${state} after its deadline`)
    if (upstream.wasAway) findings.check(10, !isLate, () => `${id} is ${state} after its deadline`)
  }
}

function checkDeliveries(world: World): void {
  const { findings } = world
  const pending = numberOf(world, `select count(*) as n from deliveries where state = 'pending'`)
  findings.check(21, pending === 0, () => `${pending} deliveries never end`)
  const failed = numberOf(
    world,
    `select count(*) as n from deliveries where state not in ('delivered', 'exhausted', 'cancelled')`,
  )
  findings.check(21, failed === 0, () => `${failed} deliveries are in no state`)
  for (const row of world.statement(`select url, event_id from deliveries where state = 'delivered'`).all()) {
    const key = `${new URL(String(row['url'])).origin} ${String(row['event_id'])}`
    findings.check(20, world.receivers.reached.has(key), () => `${key} is delivered, and never arrived`)
  }
}

/** After one more start, which removes what crashes left. */
async function checkFiles(world: World): Promise<void> {
  world.kill(0)
  await world.boot(0)
  const named = new Set(
    world
      .statement('select storage_key from artifacts')
      .all()
      .map((row) => String(row['storage_key'])),
  )
  for (const key of world.disk.kept.keys())
    world.findings.check(19, named.has(key), () => `${key} belongs to nobody`)
  for (const key of named) world.findings.check(17, world.disk.kept.has(key), () => `${key} is not there`)
  world.findings.check(
    19,
    world.disk.staged.size === 0,
    () => `${world.disk.staged.size} staged files are left`,
  )
}
