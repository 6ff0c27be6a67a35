import type { Command } from 'commander'
import type { BackupOptions } from './backup.ts'
import type { CopyFilesOptions } from './copy-files.ts'
import type { ExportOptions } from './export.ts'
import type { ImportOptions } from './import.ts'
import type { LocalOptions } from './local-database.ts'
import type { Registration } from './registration.ts'

const GROUP = 'Gateway:'
const DATA_DIR = ['--data-dir <folder>', 'of the gateway; REELAY_DATA_DIR, else your data folder'] as const

/** The commands that move and keep what a gateway has. Each loads its own file only when it runs, to start fast. */
export function registerMoving(registration: Registration): void {
  registerExport(registration)
  registerImport(registration)
  registerCopyFiles(registration)
  registerBackup(registration)
  registerMigrate(registration)
}

function registerExport({ program, io, finish }: Registration): void {
  program
    .command('export')
    .helpGroup(GROUP)
    .summary('write the database to a file, to move it')
    .description(
      'Closes the configured database for good and writes it to a file, compressed when its name ends with .gz. The gateway must ' +
        'be stopped, and does not start on this database again: the tasks go on where the file is imported.',
    )
    .argument('[file]', 'that does not exist yet')
    .option('--keep', 'write a copy, after which the gateway goes on with this database; not for moving')
    .option('--undo', 'take the database back; only while no gateway has started where the file was imported')
    .option('--yes', 'with --undo: do not ask')
    .option(...DATA_DIR)
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      const { run } = await import('./export.ts')
      const named = file === undefined ? {} : { file }
      finish(await run({ ...command.optsWithGlobals<ExportOptions>(), ...named }, io))
    })
}

function registerImport({ program, io, finish }: Registration): void {
  program
    .command('import')
    .helpGroup(GROUP)
    .summary('fill an empty database with an export')
    .description(
      'Fills the configured database, a file or PostgreSQL, with what reelay export wrote: all of it, or nothing. It must be ' +
        'empty, its gateway stopped, and REELAY_SECRET the one of the old gateway.',
    )
    .argument('<file>', 'that reelay export wrote')
    .option('--copy', 'take a file of export --keep; only when the gateway that it is of never runs again')
    .option(...DATA_DIR)
    .action(async (file: string, _options: unknown, command: Command) => {
      const { run } = await import('./import.ts')
      finish(await run({ ...command.optsWithGlobals<ImportOptions>(), file }, io))
    })
}

function registerCopyFiles({ program, io, finish }: Registration): void {
  program
    .command('copy-files')
    .helpGroup(GROUP)
    .summary('copy videos and inputs to another storage')
    .description(
      'Copies all videos and inputs from one storage to another and compares each copy. What is there already is left out, so ' +
        'the same command goes on where it was ended. Gateways may run meanwhile.',
    )
    .argument('<from>', 'like REELAY_STORAGE_URL, for instance file:/var/lib/reelay/files')
    .argument('<to>', 'the same, for instance s3://bucket/prefix')
    .option('--check', 'compare what is there already too')
    .option(...DATA_DIR)
    .action(async (from: string, to: string, _options: unknown, command: Command) => {
      const { run } = await import('./copy-files.ts')
      finish(await run({ ...command.optsWithGlobals<CopyFilesOptions>(), from, to }, io))
    })
}

function registerBackup({ program, io, finish }: Registration): void {
  program
    .command('backup')
    .helpGroup(GROUP)
    .summary('copy the database while the gateway runs')
    .description(
      'Lets the running gateway copy its database file to its backup folder (REELAY_BACKUP_DIR). Needs an admin key of the ' +
        'default project. PostgreSQL has pg_dump for that.',
    )
    .argument('[name]', 'of the new file, without a folder; made from the time when absent')
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const { run } = await import('./backup.ts')
      const named = name === undefined ? {} : { name }
      finish(await run({ ...command.optsWithGlobals<BackupOptions>(), ...named }, io))
    })
}

function registerMigrate({ program, io, finish }: Registration): void {
  program
    .command('migrate')
    .helpGroup(GROUP)
    .summary("bring the database's tables up to date")
    .description(
      'Does what each start of a gateway does first, and says what that was. A database file must have no gateway meanwhile; ' +
        'PostgreSQL may.',
    )
    .option(...DATA_DIR)
    .action(async (_options: unknown, command: Command) => {
      const { run } = await import('./migrate.ts')
      finish(await run(command.optsWithGlobals<LocalOptions>(), io))
    })
}
