import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import { systemClock } from '../../src/system/clock.ts'
import { ENDS, LOOK_MS, LOOKS_MAX, type Audit, type Violations } from './audit.ts'

/** What the database itself writes down: the gateways know nothing of it. */
const TRIGGERS = `
  create table audit_leases (item text not null, fence_before integer not null, fence integer not null);
  create table audit_states (task_id text not null, before text not null, after text not null);
  create trigger audit_schedule after update on schedule when new.fence <> old.fence begin
    insert into audit_leases values (new.task_id, old.fence, new.fence);
  end;
  create trigger audit_deliveries after update on deliveries when new.fence <> old.fence begin
    insert into audit_leases values (new.id, old.fence, new.fence);
  end;
  create trigger audit_tasks after update on tasks when new.state <> old.state begin
    insert into audit_states values (new.id, old.state, new.state);
  end;
`
const BUSY_MS_MAX = 5_000

/**
 * A view of a database file that does not go through any gateway. Each look opens and closes the file: a killed gateway's
 * successor finds it as the kill left it.
 */
export class SqliteAudit implements Audit {
  readonly #path: string

  private constructor(path: string) {
    this.#path = path
  }

  static async begin(path: string): Promise<SqliteAudit> {
    await (await openSqliteStore({ path, clock: systemClock })).close()
    const audit = new SqliteAudit(path)
    audit.#look((database) => database.exec(TRIGGERS))
    return audit
  }

  #look<Seen>(look: (database: DatabaseSync) => Seen): Seen {
    const database = new DatabaseSync(this.#path, { timeout: BUSY_MS_MAX })
    try {
      return look(database)
    } finally {
      database.close()
    }
  }

  async rows<Row>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.#look((database) => database.prepare(text).all(...(values as SQLInputValue[])) as Row[])
  }

  async count(text: string, values: readonly unknown[] = []): Promise<number> {
    const [row] = await this.rows<Record<string, unknown>>(text, values)
    return Number(Object.values(row ?? {})[0] ?? Number.NaN)
  }

  async until(text: string, values: readonly unknown[], wanted: (count: number) => boolean): Promise<void> {
    for (let look = 0; look < LOOKS_MAX; look += 1) {
      if (wanted(await this.count(text, values))) return
      await systemClock.sleep(LOOK_MS)
    }
    throw new Error(`it never came true: ${text} ${JSON.stringify(values)}`)
  }

  /** No gateway may run meanwhile: it would not hear of it. */
  async bringDeadlinesForward(): Promise<number> {
    const unknown = await this.count(`select count(*) from tasks where state = 'unknown'`)
    this.#look((database) =>
      database.exec(`begin immediate;
        update schedule set due_at = 0 where task_id in (select id from tasks where state = 'unknown');
        update tasks set deadline_at = 0 where state = 'unknown';
        commit`),
    )
    return unknown
  }

  async violations(): Promise<Violations> {
    return {
      // One process at a time: each begins with taking all that the one before it held.
      doubleClaims: 0,
      brokenFences: await this.count(
        `select count(*) from (select item from audit_leases group by item
          having count(*) <> count(distinct fence) or count(distinct fence) <> max(fence))`,
      ),
      changedEnds: await this.count(`select count(*) from audit_states where before in ${ENDS}`),
    }
  }

  /** What SQLite itself says of the file: `ok`, or what is wrong. */
  async integrity(): Promise<string> {
    const [row] = await this.rows<{ integrity_check: string }>('pragma integrity_check')
    return row?.integrity_check ?? 'no answer'
  }

  async end(): Promise<void> {}
}
