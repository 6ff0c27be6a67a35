import { Pool, type Client } from '../packages/reelay/test/support/plain-postgres.ts'

const CONNECTIONS = 4
const BATCH = 200
const LEASE_MS = 30_000
const LOOK_MS = 1_000

const NOW = `floor(extract(epoch from clock_timestamp()) * 1000)::bigint`
const CLAIM = `update bare_schedule set due_at = ${NOW} + ${LEASE_MS}, lease_owner = 'bare', fence = fence + 1
  where task_id in (
    select task_id from bare_schedule where account = $1 and due_at <= ${NOW} order by due_at limit ${BATCH}
    for update skip locked
  ) returning task_id, fence`
const GIVE = `update bare_schedule set due_at = ${NOW} + ${LOOK_MS}, lease_owner = null
  from unnest($1::text[], $2::bigint[]) as given (id, by) where task_id = id and fence = by`

/**
 * The lease scan and nothing else: claim a batch, give it back. No task is read, no look is made, nobody is told, and nothing
 * would be noticed. What any gateway on this database has to do at least.
 */
export class BareScan {
  looks = 0
  readonly #pool: Pool
  readonly #accounts: readonly string[]
  #isOver = false

  private constructor(pool: Pool, accounts: readonly string[]) {
    this.#pool = pool
    this.#accounts = accounts
  }

  /** On a copy of the schedule, with its indexes and its settings. */
  static async open(url: string, client: Client, accounts: readonly string[]): Promise<BareScan> {
    await client.query('drop table if exists bare_schedule')
    await client.query(
      `create table bare_schedule (like schedule including all)
        with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)`,
    )
    await client.query('insert into bare_schedule select * from schedule')
    await client.query('vacuum analyze bare_schedule')
    return new BareScan(new Pool({ connectionString: url, max: CONNECTIONS }), accounts)
  }

  async run(): Promise<void> {
    this.#isOver = false
    await Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => this.#scan(index)))
  }

  stop(): void {
    this.#isOver = true
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #scan(offset: number): Promise<void> {
    for (let turn = offset; !this.#isOver; turn += CONNECTIONS) {
      const account = this.#accounts[turn % this.#accounts.length]
      const { rows } = await this.#pool.query<{ task_id: string; fence: string }>(CLAIM, [account])
      await this.#pool.query(GIVE, [rows.map((row) => row.task_id), rows.map((row) => row.fence)])
      this.looks += rows.length
    }
  }
}
