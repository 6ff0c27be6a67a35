import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { DatabaseLocation } from '../../src/store/database-location.ts'
import { exportDatabase, type Exported } from '../../src/store/move/export-database.ts'
import { importDatabase, type Imported } from '../../src/store/move/import-database.ts'
import { MOVED_TABLES } from '../../src/store/move/move-tables.ts'
import { openTables, type OpenTables } from '../../src/store/move/open-tables.ts'
import { systemClock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'

export type Rows = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>

export const SECRET_MARK = 'mark-of-the-secret'

/** What is moved, and how, in a directory of its own. */
export class MoveSubject {
  readonly directory: string
  #exports = 0

  constructor(directory: string) {
    this.directory = directory
  }

  static async open(): Promise<MoveSubject> {
    return new MoveSubject(await mkdtemp(join(tmpdir(), 'reelay-move-')))
  }

  path(name: string): string {
    return join(this.directory, name)
  }

  file(name: string): DatabaseLocation {
    return { kind: 'sqlite', path: this.path(name) }
  }

  tables(database: DatabaseLocation, creates = false): Promise<OpenTables> {
    return openTables(database, { clock: systemClock, log: silentLog, creates, silentMs: 30_000 })
  }

  async export(database: DatabaseLocation, name: string, isMove = true): Promise<Exported> {
    await using tables = await this.tables(database)
    this.#exports += 1
    return await exportDatabase(tables, {
      path: this.path(name),
      exportId: `export_${this.#exports}`,
      isMove,
      madeBy: '1.2.3',
      secretMark: SECRET_MARK,
    })
  }

  async import(
    database: DatabaseLocation,
    name: string,
    {
      takesCopies = false,
      secretMarks = [SECRET_MARK],
    }: { takesCopies?: boolean; secretMarks?: string[] } = {},
  ): Promise<Imported> {
    await using tables = await this.tables(database, true)
    return await importDatabase(tables, { path: this.path(name), takesCopies, secretMarks })
  }

  /** Everything that is moved, each table in the order of its key. */
  async rows(database: DatabaseLocation): Promise<Rows> {
    await using tables = await this.tables(database)
    const rows: Record<string, Rows[string]> = {}
    for (const { name, key } of MOVED_TABLES) {
      const shown = name === 'schedule' && tables.mark !== undefined ? 'schedule_moved' : name
      const found = await sql<Rows[string][number]>`select * from ${sql.table(shown)}`.execute(tables.db)
      const keyOf = (row: Rows[string][number]): string =>
        key.map((column) => String(row[column]).padStart(20)).join('|')
      rows[name] = found.rows
        .map((row) => ({ ...row }))
        .toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1))
    }
    return rows
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }
}
