import type { Transaction } from './transaction.ts'

/** Attempts that hold a slot of the account. */
export async function slotsInUse({ db }: Transaction, account: string): Promise<number> {
  const row = await db
    .selectFrom('attempts')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account', '=', account)
    .where('ended_at', 'is', null)
    .executeTakeFirst()
  return row?.count ?? 0
}
