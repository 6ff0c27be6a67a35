import { hashOfKey } from '../../system/hash-of-key.ts'
import { eraAfter, ERAS_KEPT, intervalOf } from '../../task/duration-sketch.ts'
import type { DurationSample } from '../../task/task.ts'
import type { Transaction } from './transaction.ts'

/**
 * Parts of a sketch that can be written at the same time: jobs of one kind end together, and none of their moves waits for
 * another. What is read is the sum of all parts.
 */
const SHARDS = 64
/** Parts that are tried. With forty moves under way at a time, two of a hundred find none free. */
const TRIES = 8

/** The duration of a task's job, and the kind of job that it counts for. */
export type Learned = { taskId: string; key: string; sample: DurationSample }

/** Counts a duration. It is left out when all parts that are tried are being written: a figure less is better than waiting. */
export async function learnDuration(
  transaction: Transaction,
  { taskId, key, sample }: Learned,
): Promise<void> {
  const shard = await freeShard(transaction, key, taskId)
  if (shard === undefined) return
  const { db } = transaction
  const last = await db
    .selectFrom('duration_sketches')
    .select((select) => ['era', select.fn.sum<number>('seen').as('seen')])
    .where('stat_key', '=', key)
    .groupBy('era')
    .orderBy('era', 'desc')
    .limit(1)
    .executeTakeFirst()
  const era = last === undefined ? 0 : eraAfter(last.era, last.seen)
  const { lowerMs, upperMs } = intervalOf(sample)
  await db
    .insertInto('duration_sketches')
    .values({ stat_key: key, era, shard, lower_ms: lowerMs, upper_ms: upperMs, seen: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['stat_key', 'era', 'shard', 'lower_ms', 'upper_ms'])
        .doUpdateSet((set) => ({ seen: set('duration_sketches.seen', '+', 1) })),
    )
    .execute()
  await db
    .deleteFrom('duration_sketches')
    .where('stat_key', '=', key)
    .where('era', '<=', era - ERAS_KEPT)
    .where('shard', '=', shard)
    .execute()
}

async function freeShard({ locks }: Transaction, key: string, taskId: string): Promise<number | undefined> {
  const first = Number.parseInt(hashOfKey(taskId).slice(0, 8), 16)
  for (let turn = 0; turn < TRIES; turn += 1) {
    const shard = (first + turn) % SHARDS
    if (await locks.tryHold('target', `durations ${shard} ${key}`)) return shard
  }
  return undefined
}
