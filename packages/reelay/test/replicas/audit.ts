import { Pool } from 'pg'
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts'
import { systemClock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'

/** What the database itself writes down, whoever changes a row: the gateways know nothing of it. */
const TRIGGERS = `
  create table audit_leases (
    item text not null, fence_before bigint not null, fence bigint not null, owner_before text, owner text,
    lease_ends bigint not null, at bigint not null
  );
  create table audit_states (task_id text not null, before text not null, after text not null, at bigint not null);
  create function audit_now() returns bigint language sql as
    'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint';
  create function audit_lease() returns trigger language plpgsql as $$ begin
    if new.fence <> old.fence then
      insert into audit_leases values
        (to_jsonb(new)->>tg_argv[0], old.fence, new.fence, old.lease_owner, new.lease_owner, old.due_at, audit_now());
    end if;
    return new;
  end $$;
  create function audit_state() returns trigger language plpgsql as $$ begin
    if new.state <> old.state then
      insert into audit_states values (new.id, old.state, new.state, audit_now());
    end if;
    return new;
  end $$;
  create trigger audit after update on schedule for each row execute function audit_lease('task_id');
  create trigger audit after update on deliveries for each row execute function audit_lease('id');
  create trigger audit after update on tasks for each row execute function audit_state();
`

export const ENDS = `('completed', 'failed', 'error')`
/**
 * Looks at the database in one wait, half an hour: a bound for a condition that never comes true. Jobs that a clock which was set makes half
 * a day old are looked at each quarter of an hour.
 */
export const LOOKS_MAX = 36_000
export const LOOK_MS = 50

/** What must never happen, counted. */
export type Violations = {
  /** An item was taken from a holder whose lease had not run out. */
  doubleClaims: number
  /** The same fence was given out twice, or one was left out. */
  brokenFences: number
  /** A task that had ended changed its state. */
  changedEnds: number
}

export type Kill = { owner: string; atMs: number }

/** A view of a fleet's database that does not go through any gateway. */
export interface Audit {
  /** @param values by number in PostgreSQL's text, as `$1`; for both databases a text needs none */
  rows<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** A single number. */
  count(text: string, values?: readonly unknown[]): Promise<number>
  /** Until that count is as wanted. @throws Error when it never is */
  until(text: string, values: readonly unknown[], wanted: (count: number) => boolean): Promise<void>
  /** As if their time had passed for the tasks whose submit lost its answer. Answers how many there were. */
  bringDeadlinesForward(): Promise<number>
  violations(): Promise<Violations>
  end(): Promise<void>
}

export class PostgresAudit implements Audit {
  readonly #pool: Pool

  private constructor(pool: Pool) {
    this.#pool = pool
  }

  static async begin(url: string): Promise<PostgresAudit> {
    const { store } = await openPostgresStore({ url, clock: systemClock, log: silentLog })
    await store.close()
    const pool = new Pool({ connectionString: url, max: 4 })
    // The server may be stopped under it.
    pool.on('error', () => undefined)
    await pool.query(TRIGGERS)
    return new PostgresAudit(pool)
  }

  async rows<Row>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.#pool.query(text, [...values])).rows as Row[]
  }

  async count(text: string, values: readonly unknown[] = []): Promise<number> {
    const [row] = await this.rows<Record<string, unknown>>(text, values)
    return Number(Object.values(row ?? {})[0] ?? Number.NaN)
  }

  /** The database waits between two looks. */
  async until(text: string, values: readonly unknown[], wanted: (count: number) => boolean): Promise<void> {
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      if (wanted(await this.count(text, values))) return
      await this.#pool.query('select pg_sleep($1)', [LOOK_MS / 1_000])
    }
    throw new Error(`it never came true: ${text} ${JSON.stringify(values)}`)
  }

  nowMs(): Promise<number> {
    return this.count('select audit_now()')
  }

  async untilState(taskId: string, states: readonly string[]): Promise<void> {
    const text = 'select count(*) from tasks where id = $1 and state = any($2)'
    await this.until(text, [taskId, states], (count) => count === 1)
  }

  async bringDeadlinesForward(): Promise<number> {
    const ids = await this.rows<{ id: string }>(
      `update tasks set deadline_at = audit_now() where state = 'unknown' returning id`,
    )
    await this.#pool.query(
      'update schedule set due_at = audit_now() where task_id = any($1) and lease_owner is null',
      [ids.map(({ id }) => id)],
    )
    return ids.length
  }

  async violations(): Promise<Violations> {
    return {
      doubleClaims: await this.count(
        'select count(*) from audit_leases where owner_before is not null and at < lease_ends',
      ),
      brokenFences: await this.count(
        `select count(*) from (select item, count(*) as claims, count(distinct fence) as fences, max(fence) as last
          from audit_leases group by item) as claimed where claims <> fences or fences <> last`,
      ),
      changedEnds: await this.count(`select count(*) from audit_states where before in ${ENDS}`),
    }
  }

  /** How long after a kill each of the tasks (`video_`) or deliveries (`dlv_`) that the process held was with somebody else. */
  async takeoversMs({ owner, atMs }: Kill, prefix: 'video_' | 'dlv_'): Promise<readonly number[]> {
    const rows = await this.rows<{ ms: string }>(
      `select at - $2 as ms from audit_leases
        where owner_before = $1 and at >= $2 and starts_with(item, $3) order by ms`,
      [owner, atMs, prefix],
    )
    return rows.map(({ ms }) => Number(ms))
  }

  async end(): Promise<void> {
    await this.#pool.end()
  }
}
