import type { DatabaseLocation } from './store/database-location.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import type { Store } from './store/store.ts'
import type { Clock } from './system/clock.ts'
import type { Log } from './system/log.ts'

export type OpenedStore = {
  store: Store
  /** What its rows are compared with: the machine's clock, or the one that all processes on the database share. */
  clock: Clock
  /** Whether other processes may work on it at the same time. */
  isShared: boolean
}

/**
 * Opens the configured database, creating and migrating it as needed.
 * @throws DatabaseOwned when another process has it to itself; StoreUnavailable when it cannot be reached
 */
export async function openStore(
  database: DatabaseLocation,
  { clock, log, owner }: { clock: Clock; log: Log; owner: string },
): Promise<OpenedStore> {
  if (database.kind === 'sqlite')
    return { store: await openSqliteStore({ path: database.path, clock }), clock, isShared: false }
  // Its driver is loaded only where it is used.
  const { openPostgresStore } = await import('./store/postgres/postgres-store.ts')
  return { ...(await openPostgresStore({ ...database, clock, log, owner })), isShared: true }
}
