import { ConfigError, type Config } from '../config.ts'
import { copyFiles, type CopyReport } from '../files/copy-files.ts'
import { storageFaults, storageSettings } from '../files/storage-settings.ts'
import { openFiles } from '../open-files.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type Io } from './io.ts'
import { withLocalConfig, type LocalOptions } from './local-database.ts'

export type CopyFilesOptions = LocalOptions & { from: string; to: string; check?: boolean }

/** How many files are copied before it is told how far it has come. */
const TELL_EVERY = 1_000

/** `reelay copy-files`: brings inputs and videos from one storage to another. */
export function run(options: CopyFilesOptions, io: Io): Promise<ExitCode> {
  return withLocalConfig(options, io, (config) => copy(config, options, io))
}

async function copy(config: Config, options: CopyFilesOptions, io: Io): Promise<ExitCode> {
  const stopping = new AbortController()
  const release = io.onInterrupt(() => stopping.abort())
  await using opened = new AsyncDisposableStack()
  opened.defer(release)
  try {
    const from = await openStorage(options.from, config, io, opened)
    const to = await openStorage(options.to, config, io, opened)
    await to.files.check()
    const report = await copyFiles(from, to, {
      checksAll: options.check ?? false,
      signal: stopping.signal,
      onFile: (now) => {
        if (options.json !== true && (now.copied + now.present) % TELL_EVERY === 0)
          writeLine(io.stderr, textOf(now))
      },
    })
    if (options.json === true) writeJson(io, { object: 'copy', ...report })
    else writeLine(io.stdout, textOf(report))
    return EXIT_CODE.ok
  } catch (error) {
    if (!stopping.signal.aborted) throw error
    writeLine(io.stderr, 'ended; the same command goes on where it was')
    return EXIT_CODE.interrupted
  }
}

const textOf = ({ copied, bytes, present }: CopyReport): string =>
  `${copied} files copied (${bytes} bytes), ${present} were there already`

async function openStorage(
  url: string,
  { dataDir }: Config,
  io: Io,
  opened: AsyncDisposableStack,
): Promise<Awaited<ReturnType<typeof openFiles>>> {
  const given = { ...io.env, REELAY_STORAGE_URL: url, REELAY_STORAGE_REDIRECT: undefined }
  const faults = storageFaults(given).map((fault) => fault.replace('REELAY_STORAGE_URL', url))
  if (faults.length > 0) throw new ConfigError(faults.join('; '))
  const storage = await openFiles(storageSettings(given, dataDir), { dataDir, random: Math.random })
  opened.defer(() => storage.sharedFiles?.close())
  return storage
}
