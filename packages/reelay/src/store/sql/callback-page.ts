import { sql, type Kysely } from 'kysely'
import type { SignatureVerdict } from '../../callbacks/signature-verdict.ts'
import type { CallbackPage, CallbackQuery, KeptCallback } from '../store.ts'
import type { Tables } from './schema.ts'

/** One keyset page over (received_at, id). Sizes are read first, so that a page never holds more than it may. */
export async function listCallbacks(
  db: Kysely<Tables>,
  query: CallbackQuery,
): Promise<CallbackPage | undefined> {
  const { taskId, limit, bytesMax, after } = query
  let select = db
    .selectFrom('callbacks_in')
    .select(['id', 'received_at', sql<number>`length(body)`.as('bytes')])
    .where('task_id', '=', taskId)
    .orderBy('received_at')
    .orderBy('id')
    .limit(limit + 1)
  if (after !== null) {
    const position = await db
      .selectFrom('callbacks_in')
      .select('received_at')
      .where('id', '=', after)
      .where('task_id', '=', taskId)
      .executeTakeFirst()
    if (position === undefined) return undefined
    select = select.where(sql<boolean>`(received_at, id) > (${position.received_at}, ${after})`)
  }
  const found = await select.execute()
  let bytes = 0
  const fitting = found
    .slice(0, limit)
    .filter((row, index) => (bytes += row.bytes) <= bytesMax || index === 0)
  return {
    callbacks: await readCallbacks(
      db,
      fitting.map(({ id }) => id),
    ),
    hasMore: found.length > fitting.length,
  }
}

async function readCallbacks(db: Kysely<Tables>, ids: readonly string[]): Promise<readonly KeptCallback[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('callbacks_in')
    .selectAll()
    .where('id', 'in', [...ids])
    .orderBy('received_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    attempt: row.attempt_n ?? 0,
    provider: row.provider,
    headers: JSON.parse(row.headers) as Record<string, string>,
    body: row.body,
    verdict: row.verdict as SignatureVerdict,
    receivedAtMs: row.received_at,
  }))
}
