import { createReelay } from '../compose.ts'
import { ConfigError, loadConfig, type Environment } from '../config.ts'
import { DatabaseOwned } from '../store/sqlite/owner-lock.ts'
import { VERSION } from '../version.ts'

/** Where the command writes, and what it reads its settings from. */
export type ServeOptions = {
  environment: Environment
  write: (line: string) => void
  /** Resolves when the process is asked to stop. */
  stopRequested: Promise<unknown>
}

/** Runs the gateway until it is asked to stop. Answers the exit code. */
export async function runServe({ environment, write, stopRequested }: ServeOptions): Promise<number> {
  try {
    const config = loadConfig(environment)
    const reelay = await createReelay(config)
    const served = await reelay.listen()
    await reelay.start()
    write(`reelay ${VERSION} listens on ${served.url}`)
    write(`  data       ${config.dataDir}`)
    write(`  providers  ${config.accounts.map(({ account }) => account).join(', ')}`)
    if (reelay.adminKeyPath !== null) write(`  API key    in ${reelay.adminKeyPath}`)
    write(`  API docs   ${served.url}/docs`)
    await stopRequested
    write('stopping: accepted tasks go on at the next start')
    await reelay.stop()
    return 0
  } catch (error) {
    if (error instanceof ConfigError || error instanceof DatabaseOwned) {
      write(`error: ${error.message}`)
      return 2
    }
    throw error
  }
}
