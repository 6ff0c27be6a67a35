import { DatabaseSync } from 'node:sqlite'
import { requireSqliteVersion } from './sqlite-version.ts'

/**
 * Pages in the log, 256 MiB, with which whoever commits moves them to the database file, and waits for that. A thread does it long
 * before (checkpoints.ts).
 */
const CHECKPOINT_PAGES = 65_536

/** A connection to a database file. @throws Error when Node's SQLite is too old */
export function openDatabase(path: string, readOnly: boolean): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly })
  try {
    requireSqliteVersion(String(database.prepare('select sqlite_version() as version').get()?.['version']))
    // First: whoever opens a file that another connection writes to has to wait as well.
    database.exec('pragma busy_timeout = 5000; pragma foreign_keys = on')
    // FULL: a commit is on disk before it is answered. Grouped commits share the cost.
    if (!readOnly) {
      database.exec('pragma journal_mode = wal; pragma synchronous = full')
      database.exec(`pragma wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
