import { Prepared } from './prepared.ts'
import type { Transaction } from './transaction.ts'

const IN_USE = new Prepared(({ db }, { account }: { account: string }) =>
  db
    .selectFrom('attempts')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account', '=', account)
    .where('ended_at', 'is', null),
)

/** Attempts that hold a slot of the account. */
export async function slotsInUse(transaction: Transaction, account: string): Promise<number> {
  return (await IN_USE.first(transaction, { account }))?.count ?? 0
}
