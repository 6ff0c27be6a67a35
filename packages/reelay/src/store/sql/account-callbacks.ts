import type { AccountCallbackIn, AccountCallbackOutcome, CallbackOutcome, JobName } from '../store.ts'
import { recordCallback } from './callbacks.ts'
import type { Transaction } from './transaction.ts'

/** Callbacks about jobs of nobody here that are kept: an account may be used elsewhere too, and an address may leak. */
const STRAYS_PER_HOUR = 100
const STRAY_BYTES_MAX = 16 * 1024
const STRAY_AGE_MS_MAX = 24 * 3_600_000
const HOUR_MS = 3_600_000
/** Jobs under way that are looked through for one whose id ends like that. */
const JOBS_MAX = 1_000

/**
 * A callback at an account's own address, about the job that it names. One about a job of nobody here is kept for a day,
 * as much as may be, and makes nobody look.
 */
export async function recordAccountCallback(
  transaction: Transaction,
  callback: AccountCallbackIn,
): Promise<AccountCallbackOutcome> {
  const { account, job, ...rest } = callback
  const owner = job === null ? undefined : await ownerOf(transaction, account, job)
  if (owner === undefined) return { outcome: await keepStray(transaction, callback), about: null }
  const about = { ...rest, projectId: owner.project_id, taskId: owner.task_id, attempt: owner.n }
  return { outcome: await recordCallback(transaction, about), about }
}

type Owner = { project_id: string; task_id: string; n: number }

async function ownerOf({ db }: Transaction, account: string, job: JobName): Promise<Owner | undefined> {
  const ofAccount = db
    .selectFrom('attempts')
    .select(['project_id', 'task_id', 'n', 'provider_task_id'])
    .where('account', '=', account)
  if ('id' in job) return ofAccount.where('provider_task_id', '=', job.id).executeTakeFirst()
  const underWay = await ofAccount.where('ended_at', 'is', null).limit(JOBS_MAX).execute()
  const matching = underWay.filter(({ provider_task_id: id }) => id?.endsWith(job.idEnd) === true)
  return matching.length === 1 ? matching[0] : undefined
}

async function keepStray(transaction: Transaction, callback: AccountCallbackIn): Promise<CallbackOutcome> {
  const { db, locks, nowMs } = transaction
  const { account, job, dedupeKey } = callback
  await locks.hold('account', `callbacks ${account}`)
  await db
    .deleteFrom('callbacks_in')
    .where('account', '=', account)
    .where('task_id', 'is', null)
    .where('received_at', '<', nowMs - STRAY_AGE_MS_MAX)
    .execute()
  const kept = await db
    .selectFrom('callbacks_in')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account', '=', account)
    .where('task_id', 'is', null)
    .where('received_at', '>', nowMs - HOUR_MS)
    .executeTakeFirst()
  if ((kept?.count ?? 0) >= STRAYS_PER_HOUR) return 'full'
  const added = await db
    .insertInto('callbacks_in')
    .values({
      id: dedupeKey,
      project_id: 'default',
      task_id: null,
      attempt_n: null,
      account,
      provider: callback.provider,
      dedupe_key: dedupeKey,
      headers: JSON.stringify(callback.headers),
      body: callback.body.subarray(0, STRAY_BYTES_MAX),
      verdict: callback.verdict,
      provider_task_id: job !== null && 'id' in job ? job.id : null,
      operation: null,
      misses: 0,
      received_at: nowMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  return added.numInsertedOrUpdatedRows === 0n ? 'repeated' : 'kept'
}
