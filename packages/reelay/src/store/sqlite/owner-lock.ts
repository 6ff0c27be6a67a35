import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

/** Another process owns the database. */
export class DatabaseOwned extends Error {
  override readonly name = 'DatabaseOwned'
}

export interface OwnerLock {
  release(): void
}

/**
 * One process owns a database file. The lock is SQLite's own on a small file beside the database: the kernel drops it
 * when the process ends, however it ends, so there is never a stale lock to remove.
 *
 * @throws DatabaseOwned naming the owner, when another live process holds it.
 */
export function takeOwnerLock(databasePath: string, owner: { pid: number }): OwnerLock {
  const lockPath = `${databasePath}.lock`
  const ownerPath = `${databasePath}.owner`
  const lock = new DatabaseSync(lockPath)
  try {
    lock.exec('pragma busy_timeout = 0; pragma journal_mode = delete; begin exclusive')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new DatabaseOwned(ownedMessage(databasePath, readOwner(ownerPath)), { cause: error })
  }
  writeFileSync(ownerPath, JSON.stringify(owner))
  return { release: () => lock.close() }
}

/** SQLITE_BUSY, with or without one of its extended codes. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error &&
  'errcode' in error &&
  typeof error.errcode === 'number' &&
  (error.errcode & 0xff) === 5

function readOwner(path: string): string {
  try {
    const owner: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof owner === 'object' && owner !== null && 'pid' in owner
      ? ` (process ${String(owner.pid)})`
      : ''
  } catch {
    return ''
  }
}

const ownedMessage = (path: string, who: string): string =>
  `${path} is in use by another Reelay process${who}. A database file has one owner: stop that process, or set ` +
  'REELAY_DATA_DIR to another directory.'
