import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import { secretMarks } from '../secrets.ts'
import { importDatabase } from '../store/move/import-database.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type Io } from './io.ts'
import { openLocalTables, withLocalConfig, type LocalOptions } from './local-database.ts'
import { rowsText } from './rows-text.ts'

export type ImportOptions = LocalOptions & { file: string; copy?: boolean }

/** `reelay import`: fills the empty database of this machine's settings with an export. */
export function run(options: ImportOptions, io: Io): Promise<ExitCode> {
  return withLocalConfig(options, io, (config) => load(config, options, io))
}

async function load(config: Config, options: ImportOptions, io: Io): Promise<ExitCode> {
  await using tables = await openLocalTables(config, io, { creates: true })
  const imported = await importDatabase(tables, {
    path: resolve(options.file),
    takesCopies: options.copy ?? false,
    secretMarks: await secretMarks(config),
  })
  if (options.json === true) {
    writeJson(io, { object: 'import', ...imported })
    return EXIT_CODE.ok
  }
  writeLine(io.stdout, `${imported.id}  ${rowsText(imported.rows)} imported`)
  writeLine(io.stderr, 'start the gateway: its tasks go on; files are moved by reelay copy-files')
  return EXIT_CODE.ok
}
