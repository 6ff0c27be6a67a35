import type { Transaction } from './transaction.ts'

/** The one row of a duty goes to whoever asks first once its time is over; its holder keeps it by asking again. */
export async function takeDuty(
  { db, nowMs }: Transaction,
  { name, owner, leaseMs }: { name: string; owner: string; leaseMs: number },
): Promise<boolean> {
  const held = { owner, until_at: nowMs + leaseMs }
  const taken = await db
    .insertInto('duties')
    .values({ name, project_id: 'default', ...held })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet(held)
        .where((where) =>
          where.or([
            where('duties.owner', '=', owner),
            where('duties.until_at', '<=', nowMs),
            // Of a clock that has been set back since.
            where('duties.until_at', '>', nowMs + leaseMs),
          ]),
        ),
    )
    .executeTakeFirst()
  return taken.numInsertedOrUpdatedRows !== 0n
}
