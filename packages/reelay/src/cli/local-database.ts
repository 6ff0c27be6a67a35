import { ConfigError, type Config } from '../config.ts'
import { SILENT_MS } from '../engine/heartbeat.ts'
import { CopyFailed } from '../files/copy-files.ts'
import { StorageUnavailable } from '../files/files.ts'
import { DatabaseMoved } from '../store/database-moved.ts'
import { MoveRefused } from '../store/move/move-refused.ts'
import { openTables, type OpenTables } from '../store/move/open-tables.ts'
import { DatabaseOwned } from '../store/sqlite/owner-lock.ts'
import { StoreUnavailable } from '../store/store.ts'
import { silentLog } from '../system/log.ts'
import { usageError } from './cli-error.ts'
import type { GlobalOptions, Io } from './io.ts'
import { readLocalConfig } from './local-config.ts'

export type LocalOptions = GlobalOptions & { dataDir?: string }

/** The configured database without its gateway, which must not run meanwhile where the database is a file. */
export function openLocalTables(
  config: Config,
  io: Io,
  { creates }: { creates: boolean },
): Promise<OpenTables> {
  return openTables(config.database, { clock: io.clock, log: silentLog, creates, silentMs: SILENT_MS })
}

/** Runs a command on the settings of this machine. What is told to its user comes as an error of usage. */
export async function withLocalConfig<T>(
  options: LocalOptions,
  io: Io,
  run: (config: Config) => Promise<T>,
): Promise<T> {
  const flags = options.dataDir === undefined ? {} : { REELAY_DATA_DIR: options.dataDir }
  try {
    const { config } = await readLocalConfig({ ...io.env, ...flags }, process.cwd())
    return await run(config)
  } catch (error) {
    if (error instanceof DatabaseOwned)
      throw usageError(error.message, { hint: 'stop the gateway first', cause: error })
    if (isTold(error)) throw usageError(error.message, { cause: error })
    throw error
  }
}

const isTold = (error: unknown): error is Error =>
  error instanceof ConfigError ||
  error instanceof CopyFailed ||
  error instanceof DatabaseMoved ||
  error instanceof MoveRefused ||
  error instanceof StorageUnavailable ||
  error instanceof StoreUnavailable
