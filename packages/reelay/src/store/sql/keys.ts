import type { ApiKey, KeyScope } from '../store.ts'
import type { ApiKeyRow } from './schema.ts'
import type { Transaction } from './transaction.ts'

export function keyOfRow(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    scopes: row.scopes.split(' ') as KeyScope[],
    profile: row.profile === 'openai' ? 'openai' : 'comet',
    createdAtMs: row.created_at,
    lastUsedAtMs: row.last_used_at,
    revokedAtMs: row.revoked_at,
  }
}

/** Replaces a key of the same id: the bootstrap key keeps its id when its secret changes. */
export async function createKey({ db }: Transaction, key: ApiKey, secretHash: string): Promise<void> {
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
      revoked_at: null,
    })
    .execute()
}

export async function revokeKey({ db, nowMs }: Transaction, id: string): Promise<boolean> {
  const result = await db
    .updateTable('api_keys')
    .set({ revoked_at: nowMs })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}
