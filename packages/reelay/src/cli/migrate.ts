import type { Config } from '../config.ts'
import { DatabaseMoved } from '../store/database-moved.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type Io } from './io.ts'
import { openLocalTables, withLocalConfig, type LocalOptions } from './local-database.ts'

/** `reelay migrate`: brings the tables of the configured database up to date, as each start does. */
export function run(options: LocalOptions, io: Io): Promise<ExitCode> {
  return withLocalConfig(options, io, (config) => bringUpToDate(config, options, io))
}

async function bringUpToDate(config: Config, options: LocalOptions, io: Io): Promise<ExitCode> {
  await using tables = await openLocalTables(config, io, { creates: true })
  const { mark, migrated } = tables
  if (mark !== undefined) throw new DatabaseMoved(mark)
  const { applied, newer, inPlace } = migrated
  if (options.json === true) {
    writeJson(io, { object: 'migration', applied, newer, in_place: inPlace })
    return EXIT_CODE.ok
  }
  for (const name of applied) writeLine(io.stdout, `${name}  applied`)
  if (newer.length > 0)
    writeLine(io.stdout, `left as it is: a newer version has migrated it (${newer.join(', ')})`)
  else if (applied.length === 0) writeLine(io.stdout, `up to date: ${inPlace.at(-1) ?? 'no migrations'}`)
  return EXIT_CODE.ok
}
