import { sql, type Kysely } from 'kysely'
import { clearDeliveryLeases } from '../sql/commit-delivery.ts'
import { clearLeases } from '../sql/leases.ts'
import { PENDING } from '../sql/pending.ts'
import type { Tables } from '../sql/schema.ts'
import { connected } from '../sql/connected.ts'
import type { Transaction } from '../sql/transaction.ts'
import { columnsOf } from './columns-of.ts'
import type { CellValue, ExportHeader, ExportSection } from './export-format.ts'
import { MoveRefused } from './move-refused.ts'
import { MOVED_TABLES, STARTED_ROWS, type MovedTable } from './move-tables.ts'
import type { OpenTables } from './open-tables.ts'
import { readExport } from './read-export.ts'
import { requireNobodyAtWork } from './require-nobody-at-work.ts'

/** Written in one statement, at most. */
const BATCH_ROWS = 200
const BATCH_BYTES = 2 * 1024 * 1024

export type ImportOptions = {
  path: string
  /** Whether an export is taken whose database may still be in use. */
  takesCopies: boolean
  /** Of REELAY_SECRET, and of the one before. */
  secretMarks: readonly string[]
}

export type Imported = { id: string; isMove: boolean; rows: Readonly<Record<string, number>> }

/**
 * Fills an empty database with an export, in one transaction: whole, or not at all. Ids, tokens and times stay as they are;
 * leases are nobody's any more, and each fence is higher than any that was given out before.
 * @throws MoveRefused when the file is damaged or does not belong here, or the database is not empty
 */
export async function importDatabase(tables: OpenTables, options: ImportOptions): Promise<Imported> {
  if (tables.mark !== undefined)
    throw new MoveRefused('This database was moved elsewhere: import into another, empty one.')
  const nowMs = await tables.nowMs()
  return tables.db.transaction().execute(async (db) => {
    await takeToItself(tables, db)
    const header = await load(tables, db, options)
    const locks = tables.locksOf(db)
    const transaction: Transaction = {
      ...(await connected(db)),
      nowMs,
      locks,
      changed: new Map(),
      outbox: { filled: false },
    }
    await takeOver(transaction)
    await db.insertInto('moves').values({ export_id: header.id, direction: 'in', at: nowMs }).execute()
    return { id: header.id, isMove: header.isMove, rows: header.rows }
  })
}

/** No gateway may start and write meanwhile. */
async function takeToItself(tables: OpenTables, db: Kysely<Tables>): Promise<void> {
  await requireNobodyAtWork(tables, db)
  if (tables.kind === 'postgres')
    await sql`lock table api_keys, tasks, schedule in access exclusive mode`.execute(db)
}

async function load(tables: OpenTables, db: Kysely<Tables>, options: ImportOptions): Promise<ExportHeader> {
  const columns = await columnsOf(db)
  let header: ExportHeader | undefined
  let writer: RowWriter | undefined
  for await (const part of readExport(options.path)) {
    if (part.kind === 'header') {
      header = part.header
      requireBelonging(tables, header, options)
      await requireEmpty(db, header)
      for (const table of Object.keys(STARTED_ROWS)) await sql`delete from ${sql.table(table)}`.execute(db)
    } else if (part.kind === 'section') {
      await writer?.flush()
      requireSameColumns(part.section, columns)
      writer = new RowWriter(db, part.section)
    } else {
      await writer?.add(part.row, part.bytes)
    }
  }
  await writer?.flush()
  if (header === undefined) throw new MoveRefused('The export has no header.')
  return header
}

function requireBelonging(tables: OpenTables, header: ExportHeader, options: ImportOptions): void {
  if (!header.isMove && !options.takesCopies) {
    throw new MoveRefused(
      'This is a copy (export --keep): the gateway that it was made of may still work on the same tasks, and a task that is ' +
        'submitted by two is billed twice. Export without --keep to move; or, if that gateway never runs again, import with ' +
        '--copy.',
    )
  }
  if (!options.secretMarks.includes(header.secretMark)) {
    throw new MoveRefused(
      'The export was made with another REELAY_SECRET, without which webhooks cannot be signed and links do not open: set ' +
        'REELAY_SECRET to that one. Where none was set it is in the file `secret` of the old data directory.',
    )
  }
  const own = tables.migrated.inPlace
  if (header.migrations.join() === own.join()) return
  const isNewer = header.migrations.some((name) => !own.includes(name))
  throw new MoveRefused(
    isNewer
      ? `The export is of a newer version (Reelay ${header.madeBy}): import it with that version.`
      : `The export is of an older version (Reelay ${header.madeBy}): take it back there with reelay export --undo, ` +
          'export again with this version, and import that.',
  )
}

/** What a gateway writes at its mere start does not count. */
async function requireEmpty(db: Kysely<Tables>, header: ExportHeader): Promise<void> {
  const done = await db
    .selectFrom('moves')
    .select('export_id')
    .where('export_id', '=', header.id)
    .where('direction', '=', 'in')
    .executeTakeFirst()
  if (done !== undefined) throw new MoveRefused('This export is in this database already: start the gateway.')
  const full: string[] = []
  for (const table of MOVED_TABLES) if (await hasRows(db, table)) full.push(table.name)
  if (full.length === 0) return
  throw new MoveRefused(`This database is not empty (${full.join(', ')}): an export needs one of its own.`)
}

async function hasRows(db: Kysely<Tables>, { name, key }: MovedTable): Promise<boolean> {
  const ignored = STARTED_ROWS[name]
  if (ignored === 'any') return false
  const [id = ''] = key
  const others = ignored === undefined ? sql`` : sql`where ${sql.ref(id)} not in (${sql.join(ignored)})`
  const { rows } = await sql`select 1 as found from ${sql.table(name)} ${others} limit 1`.execute(db)
  return rows.length > 0
}

function requireSameColumns(
  { table, columns }: ExportSection,
  own: ReadonlyMap<string, readonly string[]>,
): void {
  const isKnown = MOVED_TABLES.some(({ name }) => name === table)
  if (isKnown && own.get(table)?.join() === columns.join()) return
  throw new MoveRefused(`The export does not fit this version: its table ${table} has other columns.`)
}

/** What was held is held by nobody here; and no name of a file, which carries a fence, comes up twice. */
async function takeOver(transaction: Transaction): Promise<void> {
  const { db } = transaction
  await clearLeases(transaction)
  await clearDeliveryLeases(transaction)
  await db
    .updateTable('schedule')
    .set((set) => ({ fence: set('fence', '+', 1) }))
    .execute()
  await db
    .updateTable('deliveries')
    .set((set) => ({ fence: set('fence', '+', 1) }))
    .where('state', '=', PENDING)
    .execute()
}

/** Gathers rows of one table and writes them together. */
class RowWriter {
  readonly #db: Kysely<Tables>
  readonly #section: ExportSection
  #rows: (readonly CellValue[])[] = []
  #bytes = 0

  constructor(db: Kysely<Tables>, section: ExportSection) {
    this.#db = db
    this.#section = section
  }

  async add(row: readonly CellValue[], bytes: number): Promise<void> {
    this.#rows.push(row)
    this.#bytes += bytes
    if (this.#rows.length >= BATCH_ROWS || this.#bytes >= BATCH_BYTES) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#rows.length === 0) return
    const { table, columns } = this.#section
    const names = sql.join(columns.map((column) => sql.ref(column)))
    const rows = sql.join(this.#rows.map((row) => sql`(${sql.join(row)})`))
    this.#rows = []
    this.#bytes = 0
    await sql`insert into ${sql.table(table)} (${names}) values ${rows}`.execute(this.#db)
  }
}
