import { createHash } from 'node:crypto'
import type { Task } from '../../task/task.ts'
import { snapshotOf, TERMINAL_EVENT_TYPES, videoEventOf, type VideoEvent } from '../../task/video-event.ts'
import type { Delivery } from '../webhook-store.ts'
import { Prepared } from './prepared.ts'
import type { Transaction } from './transaction.ts'
import { openTarget, rescheduleTarget, targetKeyOf } from './webhook-targets.ts'

const ID_CHARACTERS = 26

type Address = { endpointId: string | null; url: string }

/**
 * Writes the event of a task's new status to the outbox, for everybody who wants to hear of it: in the transaction that
 * changes the task, so that neither is ever there without the other.
 */
export async function announce(transaction: Transaction, before: Task | null, task: Task): Promise<void> {
  const event = videoEventOf(task)
  if (before !== null && videoEventOf(before).id === event.id) return
  const addresses = await addressesOf(transaction, task, event)
  const deliveries = addresses.map((address) => deliveryOf(transaction, task, event, address))
  // In the order in which everybody holds addresses.
  const inOrder = deliveries.toSorted((one, other) => (targetKeyOf(one) < targetKeyOf(other) ? -1 : 1))
  for (const delivery of inOrder) await addDelivery(transaction, delivery)
}

const ENDPOINTS = new Prepared(({ db }, { projectId }: { projectId: string }) =>
  db
    .selectFrom('endpoints')
    .select(['id', 'url', 'events'])
    .where('project_id', '=', projectId)
    .where('disabled_reason', 'is', null),
)

async function addressesOf(
  transaction: Transaction,
  task: Task,
  event: VideoEvent,
): Promise<readonly Address[]> {
  const { rows } = await ENDPOINTS.run(transaction, task)
  const wanted = rows
    .filter(({ events }) => events.split(' ').includes(event.type))
    .map(({ id, url }) => ({ endpointId: id, url }))
  return task.callbackUrl !== null && TERMINAL_EVENT_TYPES.includes(event.type)
    ? [{ endpointId: null, url: task.callbackUrl }, ...wanted]
    : wanted
}

function deliveryOf({ nowMs }: Transaction, task: Task, event: VideoEvent, address: Address): Delivery {
  const key = [event.id, address.endpointId ?? '', address.url].join('\n')
  const digest = createHash('sha256').update(key).digest('hex')
  return {
    // From what it says and to whom: the same delivery made twice is the same row.
    id: `dlv_${digest.slice(0, ID_CHARACTERS)}`,
    projectId: task.projectId,
    taskId: task.id,
    ...address,
    eventId: event.id,
    type: event.type,
    sequence: event.sequence,
    state: 'pending',
    attempts: 0,
    step: 0,
    dueAtMs: nowMs,
    createdAtMs: nowMs,
    endedAtMs: null,
    snapshot: snapshotOf(task),
  }
}

/** For a delivery that belongs to no event of a task. False when its endpoint is gone or disabled: nothing is sent then. */
export async function addTestDelivery(transaction: Transaction, delivery: Delivery): Promise<boolean> {
  const { endpointId } = delivery
  if (endpointId === null || !(await takesDeliveries(transaction, endpointId))) return false
  return addDelivery(transaction, delivery)
}

async function takesDeliveries({ db }: Transaction, endpointId: string): Promise<boolean> {
  const endpoint = await db
    .selectFrom('endpoints')
    .select('id')
    .where('id', '=', endpointId)
    .where('disabled_reason', 'is', null)
    .executeTakeFirst()
  return endpoint !== undefined
}

/**
 * Nothing happens when the event is on its way to that address, or has arrived, whatever its URL was then. False when the
 * endpoint was disabled or deleted since it was looked for.
 */
async function addDelivery(transaction: Transaction, delivery: Delivery): Promise<boolean> {
  const { locks } = transaction
  const { endpointId } = delivery
  const key = targetKeyOf(delivery)
  // First: whoever sends or disables the address then sees this delivery, or has come before it.
  await locks.hold('target', key)
  if (locks.rows && endpointId !== null && !(await takesDeliveries(transaction, endpointId))) return false
  const added = await transaction.db
    .insertInto('deliveries')
    .values({
      id: delivery.id,
      project_id: delivery.projectId,
      task_id: delivery.taskId,
      endpoint_id: delivery.endpointId,
      target_key: key,
      event_id: delivery.eventId,
      type: delivery.type,
      sequence: delivery.sequence,
      url: delivery.url,
      state: delivery.state,
      attempts: delivery.attempts,
      step: delivery.step,
      due_at: delivery.dueAtMs,
      lease_owner: null,
      fence: 0,
      created_at: delivery.createdAtMs,
      started_at: delivery.createdAtMs,
      ended_at: delivery.endedAtMs,
      snapshot: delivery.snapshot === null ? null : JSON.stringify(delivery.snapshot),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst()
  if (added.numInsertedOrUpdatedRows === 0n) return true
  await openTarget(transaction, key, delivery.projectId)
  await rescheduleTarget(transaction, key)
  transaction.outbox.filled = true
  return true
}
