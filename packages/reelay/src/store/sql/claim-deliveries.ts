import { requestsMax } from '../../webhooks/circuit.ts'
import type { DeliveryBatch, DeliveryClaim, DeliveryClaimQuery, TargetHealth } from '../webhook-store.ts'
import { skipLocked } from './locks.ts'
import { loadTasks } from './load-task.ts'
import type { DeliveryRow, EndpointRow, WebhookTargetRow } from './schema.ts'
import type { Transaction } from './transaction.ts'
import { deliveryOfRow, endpointOfRow, healthOfRow, secretsOf } from './webhook-rows.ts'
import { leasedCount, rescheduleTarget } from './webhook-targets.ts'
import { PENDING } from './pending.ts'

/** Projects, and addresses of one project and kind, looked at by one claim. */
const PROJECTS_MAX = 32
const TARGETS_MAX = 128

/** Whether an address has failed since it last worked, as its record says. */
type Kind = 'working' | 'failing'

/**
 * Takes a few deliveries of each address that is due, the address that waits longest first, in turn over the projects.
 * Addresses that have failed come last, and only within their share; no project gets more than its own. However much of one
 * is dead, nobody else is kept waiting.
 */
export async function claimDeliveries(
  transaction: Transaction,
  query: DeliveryClaimQuery,
): Promise<DeliveryBatch> {
  const projects = await dueProjects(transaction)
  const working = await takeAll(transaction, projects, 'working', query, query.limit)
  const share = Math.min(query.failingLimit, query.limit - working.length)
  const failing = await takeAll(transaction, projects, 'failing', query, share)
  const batch = await withContext(transaction, [...working, ...failing], {
    owner: query.owner,
    failing: new Set(failing.map((row) => row.target_key)),
  })
  return { ...batch, nextDueAtMs: await nextDue(transaction) }
}

/** The one that waits longest first. */
async function dueProjects({ db, nowMs }: Transaction): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('webhook_targets')
    .select('project_id')
    .where('next_due_at', '<=', nowMs)
    .groupBy('project_id')
    .orderBy((order) => order.fn.min('next_due_at'))
    .limit(PROJECTS_MAX)
    .execute()
  return rows.map((row) => row.project_id)
}

async function takeAll(
  transaction: Transaction,
  projects: readonly string[],
  kind: Kind,
  query: DeliveryClaimQuery,
  limit: number,
): Promise<readonly DeliveryRow[]> {
  const rows: DeliveryRow[] = []
  for (const [index, projectId] of projects.entries()) {
    // What is left is shared evenly by those that have not had their turn.
    const fair = Math.ceil((limit - rows.length) / (projects.length - index))
    const room = Math.min(fair, roomOf(projectId, kind, query))
    if (room <= 0) continue
    const targets = await dueTargets(transaction, projectId, kind, Math.min(TARGETS_MAX, room))
    rows.push(...(await takeInTurn(transaction, targets, query, room)))
  }
  return rows
}

/** One of each address before a second of any. */
async function takeInTurn(
  transaction: Transaction,
  targets: readonly WebhookTargetRow[],
  query: DeliveryClaimQuery,
  room: number,
): Promise<readonly DeliveryRow[]> {
  const rows: DeliveryRow[] = []
  for (const each of [Math.max(1, Math.floor(room / Math.max(1, targets.length))), room]) {
    for (const target of targets) {
      const left = Math.min(each, room - rows.length)
      if (left > 0) rows.push(...(await take(transaction, target, query, left)))
    }
  }
  return rows
}

/** Of a kind, a project has at most so many places: those for failing addresses are among its own. */
function roomOf(projectId: string, kind: Kind, { projectLimits, underWay }: DeliveryClaimQuery): number {
  const used = underWay.get(projectId) ?? { all: 0, failing: 0 }
  const room = projectLimits.all - used.all
  return kind === 'working' ? room : Math.min(room, projectLimits.failing - used.failing)
}

async function dueTargets(
  { db, nowMs }: Transaction,
  projectId: string,
  kind: Kind,
  limit: number,
): Promise<readonly WebhookTargetRow[]> {
  return db
    .selectFrom('webhook_targets')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('next_due_at', '<=', nowMs)
    .where('failures', kind === 'working' ? '=' : '>', 0)
    .orderBy('next_due_at')
    .limit(limit)
    .execute()
}

async function take(
  transaction: Transaction,
  target: WebhookTargetRow,
  query: DeliveryClaimQuery,
  left: number,
): Promise<readonly DeliveryRow[]> {
  // Another claim has it: what it leaves comes up again at once.
  if (!(await transaction.locks.tryHold('target', target.key))) return []
  const health = await healthNow(transaction, target)
  if (health === undefined) return []
  const room = requestsMax(health) - (await leasedCount(transaction, target.key))
  const limit = Math.min(room, left)
  const rows = limit > 0 ? await lease(transaction, target.key, limit, query) : []
  await rescheduleTarget(transaction, target.key)
  return rows
}

/** Undefined when it is not due any more: before it was held, an attempt may have opened its circuit, or a claim filled it. */
async function healthNow(
  { db, locks, nowMs }: Transaction,
  found: WebhookTargetRow,
): Promise<TargetHealth | undefined> {
  if (!locks.rows) return healthOfRow(found)
  const row = await db
    .selectFrom('webhook_targets')
    .selectAll()
    .where('key', '=', found.key)
    .where('next_due_at', '<=', nowMs)
    .executeTakeFirst()
  return row === undefined ? undefined : healthOfRow(row)
}

/** `due_at` becomes the lease's end and the fence rises, as with tasks. */
async function lease(
  transaction: Transaction,
  key: string,
  limit: number,
  { owner, leaseMs }: DeliveryClaimQuery,
): Promise<readonly DeliveryRow[]> {
  const { db, nowMs } = transaction
  return db
    .updateTable('deliveries')
    .set((set) => ({ due_at: nowMs + leaseMs, lease_owner: owner, fence: set('fence', '+', 1) }))
    .where('id', 'in', (select) =>
      skipLocked(
        transaction,
        'deliveries',
        select
          .selectFrom('deliveries')
          .select('id')
          .where('target_key', '=', key)
          .where('state', '=', PENDING)
          .where('due_at', '<=', nowMs)
          .orderBy('due_at')
          .limit(limit),
      ),
    )
    .returningAll()
    .execute()
}

type Context = { owner: string; failing: ReadonlySet<string> }

/** What an attempt needs besides its row. One that cannot be read must not keep the others from being sent. */
async function withContext(
  transaction: Transaction,
  rows: readonly DeliveryRow[],
  context: Context,
): Promise<Pick<DeliveryBatch, 'claims' | 'unreadable'>> {
  if (rows.length === 0) return { claims: [], unreadable: [] }
  const { tasks } = await loadTasks(
    transaction,
    rows.flatMap((row) => row.task_id ?? []),
  )
  const endpoints = await endpointRows(transaction, rows)
  const secrets = await projectSecrets(transaction, rows)
  const claims: DeliveryClaim[] = []
  const unreadable: string[] = []
  for (const row of rows) {
    try {
      const endpointRow = endpoints.get(row.endpoint_id ?? '')
      const endpoint = endpointRow === undefined ? null : endpointOfRow(endpointRow)
      const delivery = deliveryOfRow(row)
      claims.push({
        // An endpoint may have moved since the event happened.
        delivery: endpoint === null ? delivery : { ...delivery, url: endpoint.url },
        owner: context.owner,
        fence: row.fence,
        failing: context.failing.has(row.target_key),
        endpoint,
        task: tasks.get(row.task_id ?? '') ?? null,
        secrets: endpoint?.secrets ?? secretsOf(secrets.get(row.project_id) ?? null),
      })
    } catch {
      unreadable.push(row.id)
    }
  }
  return { claims, unreadable }
}

async function endpointRows(
  { db }: Transaction,
  rows: readonly DeliveryRow[],
): Promise<ReadonlyMap<string, EndpointRow>> {
  const ids = [...new Set(rows.flatMap((row) => row.endpoint_id ?? []))]
  if (ids.length === 0) return new Map()
  const found = await db.selectFrom('endpoints').selectAll().where('id', 'in', ids).execute()
  return new Map(found.map((row) => [row.id, row]))
}

async function projectSecrets(
  { db }: Transaction,
  rows: readonly DeliveryRow[],
): Promise<ReadonlyMap<string, string | null>> {
  const ids = [...new Set(rows.map((row) => row.project_id))]
  const found = await db
    .selectFrom('projects')
    .select(['id', 'webhook_secrets'])
    .where('id', 'in', ids)
    .execute()
  return new Map(found.map((row) => [row.id, row.webhook_secrets]))
}

/** When something comes due. What is due already waits for a place, and a request that ends makes one. */
async function nextDue({ db, nowMs }: Transaction): Promise<number | null> {
  const next = await db
    .selectFrom('webhook_targets')
    .select((select) => select.fn.min('next_due_at').as('next_due_at'))
    .where('next_due_at', '>', nowMs)
    .executeTakeFirst()
  return next?.next_due_at ?? null
}
