import type { Kysely } from 'kysely'
import type { ApiKey, KeyReplacement, KeyScope } from '../store.ts'
import type { ApiKeyRow, Tables } from './schema.ts'
import type { Transaction } from './transaction.ts'

export function keyOfRow(row: Omit<ApiKeyRow, 'secret_hash'>): ApiKey {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    scopes: row.scopes.split(' ') as KeyScope[],
    profile: row.profile === 'openai' ? 'openai' : 'comet',
    createdAtMs: row.created_at,
    lastUsedAtMs: row.last_used_at,
    expiresAtMs: row.expires_at,
    revokedAtMs: row.revoked_at,
  }
}

/** Replaces a key of the same id: the bootstrap key keeps its id when its secret changes. */
export async function createKey(
  transaction: Transaction,
  key: ApiKey,
  secretHash: string,
  countMax: number = Infinity,
): Promise<boolean> {
  await transaction.locks.hold('project', key.projectId)
  if ((await countOthers(transaction, key.projectId, key.id)) >= countMax) return false
  const { db } = transaction
  await db.deleteFrom('api_keys').where('id', '=', key.id).execute()
  await db
    .insertInto('api_keys')
    .values({
      id: key.id,
      project_id: key.projectId,
      name: key.name,
      secret_hash: secretHash,
      scopes: key.scopes.join(' '),
      profile: key.profile,
      created_at: key.createdAtMs,
      last_used_at: key.lastUsedAtMs,
      expires_at: key.expiresAtMs,
      revoked_at: null,
    })
    .execute()
  return true
}

/** Live keys of a project, without the one with this id. */
async function countOthers({ db, nowMs }: Transaction, projectId: string, id: string): Promise<number> {
  const { count } = await db
    .selectFrom('api_keys')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('project_id', '=', projectId)
    .where('id', '!=', id)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', nowMs)]))
    .executeTakeFirstOrThrow()
  return count
}

/** Keys that are not revoked, expired ones included: a person must be able to see why one is refused. */
export async function listKeys(db: Kysely<Tables>, projectId: string | null): Promise<readonly ApiKey[]> {
  let query = db.selectFrom('api_keys').selectAll().where('revoked_at', 'is', null).orderBy('created_at')
  if (projectId !== null) query = query.where('project_id', '=', projectId)
  return (await query.execute()).map(keyOfRow)
}

export async function findKeyById(
  db: Kysely<Tables>,
  projectId: string | null,
  id: string,
): Promise<ApiKey | undefined> {
  let query = db.selectFrom('api_keys').selectAll().where('id', '=', id).where('revoked_at', 'is', null)
  if (projectId !== null) query = query.where('project_id', '=', projectId)
  const row = await query.executeTakeFirst()
  return row === undefined ? undefined : keyOfRow(row)
}

export async function revokeKey(
  { db, nowMs }: Transaction,
  projectId: string | null,
  id: string,
): Promise<boolean> {
  let query = db
    .updateTable('api_keys')
    .set({ revoked_at: nowMs })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
  if (projectId !== null) query = query.where('project_id', '=', projectId)
  return (await query.executeTakeFirst()).numUpdatedRows > 0n
}

/** The key expires then, unless it does so earlier, and its successor is there from now on. */
export async function replaceKey(
  transaction: Transaction,
  { id, expiresAtMs, next, secretHash, countMax = Infinity }: KeyReplacement,
): Promise<'replaced' | 'missing' | 'full'> {
  const { db, locks, nowMs } = transaction
  await locks.hold('project', next.projectId)
  const key = await findKeyById(db, null, id)
  if (key === undefined) return 'missing'
  const endsAtMs = Math.min(key.expiresAtMs ?? Infinity, expiresAtMs)
  const stays = endsAtMs > nowMs ? 1 : 0
  if ((await countOthers(transaction, next.projectId, id)) + stays >= countMax) return 'full'
  await db.updateTable('api_keys').set({ expires_at: endsAtMs }).where('id', '=', id).execute()
  await createKey(transaction, next, secretHash)
  return 'replaced'
}
