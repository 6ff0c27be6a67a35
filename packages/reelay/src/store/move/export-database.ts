import { createHash, type Hash } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { sql, type Kysely } from 'kysely'
import { syncDirectory } from '../../system/sync-directory.ts'
import type { MovedMark } from '../database-moved.ts'
import { removeMovedMark, SCHEDULE_AWAY, setMovedMark } from '../sql/moved-mark.ts'
import type { Tables } from '../sql/schema.ts'
import { columnsOf } from './columns-of.ts'
import { encodeRow, FORMAT, FORMAT_VERSION, type ExportHeader } from './export-format.ts'
import { requireNobodyAtWork } from './require-nobody-at-work.ts'
import { MOVED_TABLES, type MovedTable } from './move-tables.ts'
import { MoveRefused } from './move-refused.ts'
import type { OpenTables } from './open-tables.ts'
import { countRows, readRows } from './read-rows.ts'

const MODE_PRIVATE = 0o600

export type ExportOptions = {
  /** Where to: compressed when it ends with `.gz`. */
  path: string
  /** A name for this export, if it is a new one. */
  exportId: string
  /** False for a plain copy, after which the database is used on. */
  isMove: boolean
  /** The version of Reelay. */
  madeBy: string
  secretMark: string
}

export type Exported = {
  id: string
  isMove: boolean
  rows: Readonly<Record<string, number>>
  /** Of the file. */
  bytes: number
}

/**
 * Writes a database to a file, which has its name only when it is whole. To move it is to close it first: from then on no
 * gateway starts on it, whatever becomes of this process. An export that fails by itself opens it again.
 * @throws MoveRefused when a gateway works on it, or there is such a file
 */
export async function exportDatabase(tables: OpenTables, options: ExportOptions): Promise<Exported> {
  const { path } = options
  if (existsSync(path)) throw new MoveRefused(`${path} exists already: name a file that does not.`)
  const closesIt = options.isMove && tables.mark === undefined
  const mark = closesIt ? await close(tables, options.exportId) : tables.mark
  const draft = `${path}.part`
  try {
    const { id, isMove, rows } = await writeDraft(tables, { ...options, draft, mark })
    await rename(draft, path)
    await syncDirectory(dirname(path))
    return { id, isMove, rows, bytes: (await stat(path)).size }
  } catch (error) {
    await rm(draft, { force: true })
    if (closesIt) await tables.db.transaction().execute((db) => removeMovedMark(db))
    throw error
  }
}

/** Ends what is under way and all that would follow. */
async function close(tables: OpenTables, exportId: string): Promise<MovedMark> {
  const mark = { exportId, atMs: await tables.nowMs() }
  await tables.db.transaction().execute(async (db) => {
    await requireNobodyAtWork(tables, db)
    await setMovedMark(db, mark)
  })
  return mark
}

/** Takes a database back that was moved. Answers the name of that export. @throws MoveRefused when it was not */
export async function undoExport(tables: OpenTables): Promise<string> {
  const { mark } = tables
  if (mark === undefined) throw new MoveRefused('This database was not moved: there is nothing to take back.')
  await tables.db.transaction().execute((db) => removeMovedMark(db))
  return mark.exportId
}

type DraftOptions = Omit<ExportOptions, 'path' | 'isMove'> & { draft: string; mark: MovedMark | undefined }

async function writeDraft(tables: OpenTables, options: DraftOptions): Promise<ExportHeader> {
  const { draft, mark, madeBy, secretMark } = options
  const madeAtMs = await tables.nowMs()
  return tables.db.transaction().execute(async (db) => {
    // One state throughout, also while others write: a copy may be made of a database that is in use.
    if (tables.kind === 'postgres') await sql`set transaction isolation level repeatable read`.execute(db)
    const header: ExportHeader = {
      format: FORMAT,
      version: FORMAT_VERSION,
      id: mark?.exportId ?? options.exportId,
      isMove: mark !== undefined,
      madeAtMs,
      madeBy,
      migrations: tables.migrated.inPlace,
      rows: await countAll(db, mark),
      secretMark,
    }
    const lines = Readable.from(linesOf(db, mark, header))
    const file = createWriteStream(draft, { mode: MODE_PRIVATE, flush: true })
    if (draft.endsWith('.gz.part')) await pipeline(lines, createGzip(), file)
    else await pipeline(lines, file)
    return header
  })
}

/** What a table is called in this database. */
const nameIn = (mark: MovedMark | undefined, { name }: MovedTable): string =>
  name === 'schedule' && mark !== undefined ? SCHEDULE_AWAY : name

async function countAll(
  db: Kysely<Tables>,
  mark: MovedMark | undefined,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {}
  for (const table of MOVED_TABLES) counts[table.name] = await countRows(db, nameIn(mark, table))
  return counts
}

async function* linesOf(
  db: Kysely<Tables>,
  mark: MovedMark | undefined,
  header: ExportHeader,
): AsyncGenerator<string> {
  const hash = createHash('sha256')
  yield hashed(hash, `${JSON.stringify(header)}\n`)
  const written: Record<string, number> = {}
  const columns = await columnsOf(db)
  for (const table of MOVED_TABLES) {
    const name = nameIn(mark, table)
    const source = { table: name, columns: columns.get(name) ?? [] }
    const section = { table: table.name, columns: source.columns, rows: header.rows[table.name] ?? 0 }
    yield hashed(hash, `${JSON.stringify(section)}\n`)
    let count = 0
    for await (const page of readRows(db, table, source)) {
      count += page.length
      yield hashed(hash, page.map((row) => `${encodeRow(row)}\n`).join(''))
    }
    written[table.name] = count
  }
  yield `${JSON.stringify({ end: true, rows: written, sha256: hash.digest('hex') })}\n`
}

function hashed(hash: Hash, text: string): string {
  hash.update(text)
  return text
}
