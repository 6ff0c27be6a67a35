import { createReelay } from '../compose.ts'
import { ConfigError, type Environment } from '../config.ts'
import { StorageUnavailable } from '../files/files.ts'
import { DatabaseMoved } from '../store/database-moved.ts'
import { DatabaseOwned } from '../store/sqlite/owner-lock.ts'
import { StoreUnavailable } from '../store/store.ts'
import { VERSION } from '../version.ts'
import { readLocalConfig } from './local-config.ts'

/** Where the command writes, and what it reads its settings from. */
export type ServeOptions = {
  environment: Environment
  /** Where a configuration file is looked for. */
  directory: string
  write: (line: string) => void
  /** Resolves when the process is asked to stop. */
  stopRequested: Promise<unknown>
}

/** Runs the gateway until it is asked to stop. Answers the exit code. */
export async function runServe(options: ServeOptions): Promise<number> {
  const { environment, directory, write, stopRequested } = options
  try {
    const { config, filePath } = await readLocalConfig(environment, directory)
    const reelay = await createReelay(config)
    const served = await reelay.listen()
    await reelay.start()
    write(`reelay ${VERSION} listens on ${served.url}`)
    write(`  data       ${config.dataDir}`)
    if (config.database.kind === 'postgres')
      write(`  database   ${shownUrl(config.database.url)}, role ${config.role}`)
    if (config.storage.kind === 's3') write(`  files      in bucket ${config.storage.location.bucket}`)
    if (filePath !== null) write(`  config     ${filePath}`)
    write(`  providers  ${config.accounts.map(({ account }) => account).join(', ')}`)
    if (reelay.adminKeyPath !== null) write(`  API key    in ${reelay.adminKeyPath}`)
    write(`  API docs   ${served.url}/docs`)
    write(`  Dashboard  ${served.url}/`)
    await stopRequested
    write('stopping: accepted tasks go on at the next start')
    await reelay.stop()
    return 0
  } catch (error) {
    const isTold =
      error instanceof ConfigError ||
      error instanceof DatabaseOwned ||
      error instanceof DatabaseMoved ||
      error instanceof StorageUnavailable ||
      error instanceof StoreUnavailable
    if (isTold) {
      write(`error: ${error.message}`)
      return 2
    }
    throw error
  }
}

/** Without the password. */
function shownUrl(url: string): string {
  const shown = new URL(url)
  shown.password = ''
  return shown.href
}
