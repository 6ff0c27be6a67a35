import type { InsertOutcome, TaskInsert } from '../store.ts'
import type { ProjectUsageRow } from './schema.ts'
import type { Transaction } from './transaction.ts'

const DAY_MS = 86_400_000

type Writing = Pick<Transaction, 'db' | 'nowMs' | 'locks'>

export const dayOf = (nowMs: number): number => Math.floor(nowMs / DAY_MS)

/** The project's counters, those of today. */
async function usageOf({ db, locks, nowMs }: Writing, projectId: string): Promise<ProjectUsageRow> {
  await locks.hold('project', projectId)
  const day = dayOf(nowMs)
  const row = await db
    .selectFrom('project_usage')
    .selectAll()
    .where('project_id', '=', projectId)
    .executeTakeFirst()
  if (row === undefined) return { project_id: projectId, in_flight: 0, day, day_tasks: 0 }
  // Also when the clock was set back: a day that has not come yet must not block this one.
  return row.day === day ? row : { ...row, day, day_tasks: 0 }
}

async function save({ db }: Writing, usage: ProjectUsageRow): Promise<void> {
  await db
    .insertInto('project_usage')
    .values(usage)
    .onConflict((conflict) => conflict.column('project_id').doUpdateSet(usage))
    .execute()
}

/** Counts a task that is about to be made, or tells which limit it would break: then nothing is counted. */
export async function countCreated(
  transaction: Writing,
  projectId: string,
  { inFlightMax, perDayMax }: TaskInsert['limits'],
): Promise<(InsertOutcome & { kind: 'limited' }) | undefined> {
  const usage = await usageOf(transaction, projectId)
  if (inFlightMax !== null && usage.in_flight >= inFlightMax)
    return { kind: 'limited', by: 'in_flight', max: inFlightMax }
  if (perDayMax !== null && usage.day_tasks >= perDayMax)
    return { kind: 'limited', by: 'per_day', max: perDayMax, dayEndsAtMs: (usage.day + 1) * DAY_MS }
  await save(transaction, {
    ...usage,
    in_flight: usage.in_flight + 1,
    day_tasks: usage.day_tasks + 1,
  })
  return undefined
}

export async function countEnded(transaction: Writing, projectId: string): Promise<void> {
  const usage = await usageOf(transaction, projectId)
  await save(transaction, { ...usage, in_flight: Math.max(0, usage.in_flight - 1) })
}
