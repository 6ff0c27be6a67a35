import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Kysely, PostgresDialect, sql, type PostgresPool, type PostgresPoolClient } from 'kysely'
import { Connections } from '../../src/store/postgres/connections.ts'
import { DatabaseClock } from '../../src/store/postgres/database-clock.ts'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { PostgresWriter } from '../../src/store/postgres/postgres-writer.ts'
import { Announcer } from '../../src/store/sql/announcer.ts'
import { claimDeliveries } from '../../src/store/sql/claim-deliveries.ts'
import { commit } from '../../src/store/sql/commit.ts'
import { resendDelivery } from '../../src/store/sql/deliveries.ts'
import { insertTask } from '../../src/store/sql/insert-task.ts'
import type { Locks } from '../../src/store/sql/locks.ts'
import type { Tables } from '../../src/store/sql/schema.ts'
import type { Transaction } from '../../src/store/sql/transaction.ts'
import { StoreUnavailable, type TaskInsert } from '../../src/store/store.ts'
import { systemClock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { ACCOUNT } from '../contract/store-subject.ts'
import { DELIVERY_LEASE_MS, UNSHARED, WebhookSubject } from '../contract/webhook-subject.ts'
import { newTask } from '../support/new-task.ts'
import { startPostgres, type RealPostgres } from '../support/real-postgres.ts'

const AN_HOUR_MS = 3_600_000
/** What the migrator holds while it works, on PostgreSQL. */
const MIGRATION_LOCK = '3853314791062309107'

let server: RealPostgres
let databases = 0

before(async () => {
  server = await startPostgres()
})

after(async () => {
  await server[Symbol.asyncDispose]()
})

/** The pool of a process that hears nothing of its next commit, although it is made. */
class DeafPool implements PostgresPool {
  readonly options: object = {}
  readonly #connections: Connections
  isDeaf = false

  constructor(connections: Connections) {
    this.#connections = connections
  }

  async connect(): Promise<PostgresPoolClient> {
    const connection = await this.#connections.connect()
    const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
      const answer = await connection.query(text, parameters)
      if (!this.isDeaf || text !== 'commit') return answer
      this.isDeaf = false
      throw new StoreUnavailable('The connection to the database was lost.')
    }
    return { query: query as PostgresPoolClient['query'], release: () => connection.release() }
  }

  end(): Promise<void> {
    return this.#connections.end()
  }
}

/** A store, and the writer of another process on the same database. */
async function open() {
  await using opened = new AsyncDisposableStack()
  databases += 1
  const url = await server.createDatabase(`raced_${databases}`)
  const clock = new TestClock()
  const nowMs = (): number => clock.nowMs()
  const { store } = await openPostgresStore({ url, clock: systemClock, log: silentLog, nowMs })
  opened.defer(() => store.close())
  const connections = new Connections({ url, connectionsMax: 2, clock: systemClock, log: silentLog })
  const pool = new DeafPool(connections)
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  opened.defer(() => db.destroy())
  const announcer = new Announcer()
  const writer = new PostgresWriter({
    db,
    nowMs,
    clock: new DatabaseClock(systemClock),
    announcer,
    feed: undefined,
  })
  const rest = opened.move()
  const subject = new WebhookSubject(clock, store)
  return { store, subject, writer, pool, connections, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** Somebody else does that right before an address is held. */
function raced(transaction: Transaction, others: () => Promise<unknown>): Transaction {
  let isDone = false
  const meanwhile = async (kind: string): Promise<void> => {
    if (kind !== 'target' || isDone) return
    isDone = true
    await others()
  }
  const locks: Locks = {
    ...transaction.locks,
    hold: async (kind, id) => {
      await meanwhile(kind)
      await transaction.locks.hold(kind, id)
    },
    tryHold: async (kind, id) => {
      await meanwhile(kind)
      return transaction.locks.tryHold(kind, id)
    },
  }
  return { ...transaction, locks }
}

const insertOf = (subject: WebhookSubject, patch: Partial<TaskInsert> = {}): TaskInsert => ({
  task: newTask(subject.clock.nowMs()),
  account: ACCOUNT,
  dueAtMs: subject.clock.nowMs(),
  artifacts: [],
  events: [{ kind: 'task.created' }],
  idempotency: null,
  replay: null,
  limits: { inFlightMax: null, perDayMax: null },
  ...patch,
})

test('a claim that found an address healthy sends it nothing when its circuit was opened meanwhile', async () => {
  await using opened = await open()
  const { subject, writer, connections } = opened
  await subject.add('d', await subject.endpoint('ep'))
  const laterMs = subject.clock.nowMs() + AN_HOUR_MS
  const openCircuit = () =>
    connections.query('update webhook_targets set failures = 20, open_until = $1, next_due_at = $1', [
      laterMs,
    ])
  const query = { owner: 'other', limit: 9, ...UNSHARED, leaseMs: DELIVERY_LEASE_MS }
  const { claims } = await writer.write((transaction) =>
    claimDeliveries(raced(transaction, openCircuit), query),
  )
  assert.deepEqual(claims, [])
})

test('an event that happens while its endpoint is disabled is not left waiting for it', async () => {
  await using opened = await open()
  const { subject, writer, store } = opened
  await subject.endpoint('ep')
  const disable = () => store.webhooks.updateEndpoint('default', 'ep', { disabledReason: 'manual' })
  await writer.write((transaction) => insertTask(raced(transaction, disable), insertOf(subject)))
  assert.deepEqual(await subject.rows(), [])
})

test('a delivery is not sent again to an endpoint that is disabled meanwhile', async () => {
  await using opened = await open()
  const { subject, writer, store } = opened
  await subject.add('d', await subject.endpoint('ep'))
  await subject.write(await subject.takeOne(), { state: 'delivered' })
  const disable = () => store.webhooks.updateEndpoint('default', 'ep', { disabledReason: 'manual' })
  const outcome = await writer.write((transaction) =>
    resendDelivery(raced(transaction, disable), 'default', 'd'),
  )
  assert.equal(outcome, 'missing')
  assert.equal((await store.webhooks.findDelivery('default', 'd'))?.state, 'delivered')
})

test('addresses are held in one order, whatever a project is called', async () => {
  await using opened = await open()
  const { subject, writer, store } = opened
  const projectId = 'proj_z'
  await store.createProject({ id: projectId, name: 'Z', createdAtMs: 1, limits: {} })
  await subject.endpoint('ep', { projectId })
  await subject.create({ projectId, callbackUrl: 'https://app.test/hook' })
  const [claim] = await subject.claim()
  const held: string[] = []
  await writer.write(async (transaction) => {
    const { locks } = transaction
    const hold: Locks['hold'] = async (kind, id) => {
      if (kind === 'target') held.push(id)
      await locks.hold(kind, id)
    }
    await commit(
      { ...transaction, locks: { ...locks, hold } },
      subject.move(claim!, 'failed', { dueAtMs: null }),
    )
  })
  assert.deepEqual([...new Set(held)], ['ep', 'proj_z https://app.test'])
})

test('a create of whose commit nothing was heard says so, and its repetition finds the task', async () => {
  await using opened = await open()
  const { subject, writer, pool } = opened
  const expiresAtMs = subject.clock.nowMs() + AN_HOUR_MS
  const idempotency = { route: 'POST /v1/videos', key: 'k', fingerprint: 'f', expiresAtMs }
  const insert = insertOf(subject, { idempotency })
  pool.isDeaf = true
  await assert.rejects(
    writer.write((transaction) => insertTask(transaction, insert)),
    (error) => error instanceof StoreUnavailable && error.mayBeStored,
  )
  const again = { ...insertOf(subject, { idempotency }) }
  const outcome = await writer.write((transaction) => insertTask(transaction, again))
  assert.equal(outcome.kind === 'replayed' && outcome.task?.id, insert.task.id)
})

test('a write that failed before its commit is known not to be stored', async () => {
  await using opened = await open()
  const failing = opened.writer.write(() => Promise.reject(new StoreUnavailable('lost')))
  await assert.rejects(failing, (error) => error instanceof StoreUnavailable && !error.mayBeStored)
})

test('the character 0 in what a provider says or a client asks for is no error', async () => {
  await using opened = await open()
  const { store, subject } = opened
  await store.pauseAccount(ACCOUNT, subject.clock.nowMs() + 1, 'no\u0000credit')
  assert.equal(await store.pauseReason(ACCOUNT), 'no\ufffdcredit')
  const query = { projectId: 'default', limit: 5, order: 'desc', after: null, states: null } as const
  const page = await store.listTasks({ ...query, runningWaits: null, model: 'm\u0000' })
  assert.deepEqual(page.tasks, [])
})

test('a start waits for as long as another process migrates the database', async () => {
  const url = await server.createDatabase('migrating')
  const admin = new Connections({ url, connectionsMax: 2, clock: systemClock, log: silentLog })
  const other = await admin.connect()
  await other.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
  const clock = new TestClock()
  const opening = openPostgresStore({ url, clock, log: silentLog, nowMs: () => clock.nowMs() })
  opening.catch(() => undefined)
  for (let waiting = 0; waiting === 0;) {
    const rows = await admin.query('select 1 from pg_locks where not granted and locktype = $1', ['advisory'])
    waiting = rows.length
  }
  clock.advance(60_000)
  await other.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK])
  other.release()
  const { store } = await opening
  assert.deepEqual(store.upkeep.schema.newer, [])
  await store.close()
  await admin.end()
})

test('a time limit of the server is an outage, not a defect: the same write may succeed later', async () => {
  await using opened = await open()
  const slow = opened.writer.write(async ({ db }) => {
    await sql`set local statement_timeout = 20`.execute(db)
    await sql`select pg_sleep(60)`.execute(db)
  })
  await assert.rejects(slow, StoreUnavailable)
})
