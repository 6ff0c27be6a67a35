import type { Kysely } from 'kysely'
import { HEALTHY } from '../../webhooks/circuit.ts'
import type { Endpoint, EndpointPatch, SealedSecret, SecretRotation, TargetHealth } from '../webhook-store.ts'
import { cancelPending, recallDeliveries } from './commit-delivery.ts'
import type { EndpointRow, Tables } from './schema.ts'
import type { Transaction } from './transaction.ts'
import { endpointOfRow, healthOfRow, rowOfEndpoint, secretsOf } from './webhook-rows.ts'
import { rescheduleTarget, saveHealth } from './webhook-targets.ts'

type Reading = { db: Kysely<Tables> }

export async function createEndpoint(
  { db, locks }: Transaction,
  endpoint: Endpoint,
  countMax: number,
): Promise<boolean> {
  await locks.hold('project', endpoint.projectId)
  const existing = await db
    .selectFrom('endpoints')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('project_id', '=', endpoint.projectId)
    .executeTakeFirst()
  if ((existing?.count ?? 0) >= countMax) return false
  await db.insertInto('endpoints').values(rowOfEndpoint(endpoint)).execute()
  return true
}

export async function findEndpoint(
  { db }: Reading,
  projectId: string,
  id: string,
): Promise<Endpoint | undefined> {
  const row = await db
    .selectFrom('endpoints')
    .selectAll()
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .executeTakeFirst()
  return row === undefined ? undefined : endpointOfRow(row)
}

export async function listEndpoints({ db }: Reading, projectId: string): Promise<readonly Endpoint[]> {
  const rows = await db
    .selectFrom('endpoints')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map(endpointOfRow)
}

export async function targetHealth({ db }: Reading, endpointId: string): Promise<TargetHealth> {
  const row = await db
    .selectFrom('webhook_targets')
    .selectAll()
    .where('key', '=', endpointId)
    .executeTakeFirst()
  return row === undefined ? HEALTHY : healthOfRow(row)
}

export async function updateEndpoint(
  transaction: Transaction,
  projectId: string,
  id: string,
  patch: EndpointPatch,
): Promise<Endpoint | undefined> {
  await transaction.locks.hold('target', id)
  const before = await findEndpoint(transaction, projectId, id)
  if (before === undefined) return undefined
  const after: Endpoint = { ...before, ...patch }
  await transaction.db.updateTable('endpoints').set(rowOfEndpoint(after)).where('id', '=', id).execute()
  if (after.disabledReason !== null) await cancelPending(transaction, id)
  if (after.url !== before.url) await recallDeliveries(transaction, id)
  const isFresh =
    after.url !== before.url || (before.disabledReason !== null && after.disabledReason === null)
  if (isFresh) await saveHealth(transaction, id, HEALTHY)
  await rescheduleTarget(transaction, id)
  transaction.outbox.filled = true
  return after
}

export async function deleteEndpoint(
  transaction: Transaction,
  projectId: string,
  id: string,
): Promise<boolean> {
  const { db, locks } = transaction
  await locks.hold('target', id)
  const result = await db
    .deleteFrom('endpoints')
    .where('id', '=', id)
    .where('project_id', '=', projectId)
    .executeTakeFirst()
  if (result.numDeletedRows === 0n) return false
  await cancelPending(transaction, id)
  await db.deleteFrom('webhook_targets').where('key', '=', id).execute()
  return true
}

export async function rotateEndpointSecret(
  transaction: Transaction,
  projectId: string,
  id: string,
  rotation: SecretRotation,
): Promise<readonly SealedSecret[] | undefined> {
  await transaction.locks.hold('target', id)
  const endpoint = await findEndpoint(transaction, projectId, id)
  if (endpoint === undefined) return undefined
  const secrets = rotated(endpoint.secrets, rotation, transaction.nowMs)
  const columns: Partial<EndpointRow> = { secrets: JSON.stringify(secrets) }
  await transaction.db.updateTable('endpoints').set(columns).where('id', '=', id).execute()
  return secrets
}

export async function ensureProjectSecrets(
  transaction: Transaction,
  projectId: string,
  initial: SealedSecret,
): Promise<readonly SealedSecret[]> {
  await transaction.locks.hold('project', projectId)
  const stored = await projectSecrets(transaction, projectId)
  if (stored.length > 0) return stored
  await saveProjectSecrets(transaction, projectId, [initial])
  return [initial]
}

export async function rotateProjectSecret(
  transaction: Transaction,
  projectId: string,
  rotation: SecretRotation,
): Promise<readonly SealedSecret[]> {
  await transaction.locks.hold('project', projectId)
  const stored = await projectSecrets(transaction, projectId)
  const secrets = rotated(stored, rotation, transaction.nowMs)
  await saveProjectSecrets(transaction, projectId, secrets)
  return secrets
}

async function projectSecrets({ db }: Reading, projectId: string): Promise<readonly SealedSecret[]> {
  const row = await db
    .selectFrom('projects')
    .select('webhook_secrets')
    .where('id', '=', projectId)
    .executeTakeFirstOrThrow()
  return secretsOf(row.webhook_secrets)
}

async function saveProjectSecrets(
  { db }: Transaction,
  projectId: string,
  secrets: readonly SealedSecret[],
): Promise<void> {
  await db
    .updateTable('projects')
    .set({ webhook_secrets: JSON.stringify(secrets) })
    .where('id', '=', projectId)
    .execute()
}

/** The new secret first; older ones live on until then at most, and only so many of them. */
function rotated(
  secrets: readonly SealedSecret[],
  { secret, expireAtMs, liveMax }: SecretRotation,
  nowMs: number,
): readonly SealedSecret[] {
  const older = secrets
    .map((old) => ({ ...old, expiresAtMs: Math.min(old.expiresAtMs ?? Infinity, expireAtMs) }))
    .filter((old) => old.expiresAtMs > nowMs)
  return [secret, ...older].slice(0, liveMax)
}
