import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import { secretMarks } from '../secrets.ts'
import { exportDatabase, undoExport } from '../store/move/export-database.ts'
import { VERSION } from '../version.ts'
import { usageError } from './cli-error.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type Io } from './io.ts'
import { openLocalTables, withLocalConfig, type LocalOptions } from './local-database.ts'
import { rowsText } from './rows-text.ts'

export type ExportOptions = LocalOptions & { file?: string; keep?: boolean; undo?: boolean; yes?: boolean }

/** `reelay export`: closes the database of this machine and writes it to a file, or takes it back. */
export function run(options: ExportOptions, io: Io): Promise<ExitCode> {
  const { file, keep = false, undo = false } = options
  if (undo && (keep || file !== undefined))
    throw usageError('--undo takes neither a file nor --keep', { param: 'undo' })
  if (undo) return withLocalConfig(options, io, (config) => takeBack(config, options, io))
  if (file === undefined) throw usageError('Name the file to write: reelay export <file>', { param: 'file' })
  return withLocalConfig(options, io, (config) => write(config, { ...options, file, keep }, io))
}

async function write(
  config: Config,
  options: ExportOptions & { file: string; keep: boolean },
  io: Io,
): Promise<ExitCode> {
  const [secretMark] = await secretMarks(config)
  if (secretMark === undefined)
    throw usageError(`There is no secret in ${config.dataDir}: is it the data directory of a gateway?`)
  await using tables = await openLocalTables(config, io, { creates: false })
  const exported = await exportDatabase(tables, {
    path: resolve(options.file),
    exportId: io.ids.id('export', io.clock.nowMs()),
    isMove: !options.keep,
    madeBy: VERSION,
    secretMark,
  })
  if (options.json === true) {
    writeJson(io, { object: 'export', path: resolve(options.file), ...exported })
    return EXIT_CODE.ok
  }
  writeLine(io.stdout, `${options.file}  ${rowsText(exported.rows)}, ${exported.bytes} bytes`)
  const next = exported.isMove
    ? 'this database is closed now: reelay import the file elsewhere, or take it back with reelay export --undo'
    : 'a copy, not for moving: the gateway that goes on with this database has the same tasks'
  writeLine(io.stderr, next)
  return EXIT_CODE.ok
}

const QUESTION =
  'Take this database back? If any gateway has started where it was imported, tasks are then worked on twice, and paid twice.'

async function takeBack(config: Config, options: ExportOptions, io: Io): Promise<ExitCode> {
  if (options.yes !== true) {
    if (!io.canAsk)
      throw usageError('--undo needs --yes where nobody can be asked', {
        hint: 'it is safe only while no gateway has ever started on the import',
        param: 'yes',
      })
    const answer = await io.confirm(QUESTION)
    if (answer === null) return EXIT_CODE.interrupted
    if (!answer) {
      writeLine(io.stderr, 'nothing was changed')
      return EXIT_CODE.ok
    }
  }
  await using tables = await openLocalTables(config, io, { creates: false })
  const id = await undoExport(tables)
  if (options.json === true) writeJson(io, { object: 'export.undone', id })
  else
    writeLine(
      io.stdout,
      `${id}  undone: the gateway can start again; remove the file, which must not be imported`,
    )
  return EXIT_CODE.ok
}
