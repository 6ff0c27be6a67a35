import { link, open, rm, stat, statfs } from 'node:fs/promises'
import { backup } from 'node:sqlite'
import { basename, dirname, join } from 'node:path'
import { syncDirectory } from '../../system/sync-directory.ts'
import { asUnavailable } from './as-unavailable.ts'
import { NoRoomForBackup } from '../upkeep.ts'
import { openDatabase } from './open-database.ts'

/** Copied at a time, between which others have their turn: 2 MiB of the usual pages. */
const PAGES_PER_STEP = 512
/** Left free for the database itself, whatever is copied. */
const FREE_BYTES_MIN = 256 * 1024 * 1024

/**
 * Copies a database that is in use to a new file, as it is at the begin. The file has its name only when it is whole and on
 * the disk.
 * @returns its size in bytes
 * @throws NoRoomForBackup; Error when there is such a file already
 */
export async function backupDatabase(path: string, target: string, signal: AbortSignal): Promise<number> {
  const draft = join(dirname(target), `.${basename(target)}.part`)
  await removeDraft(draft)
  await requireRoom(path, dirname(target))
  try {
    await copySnapshot(path, draft, signal)
    const handle = await open(draft, 'r')
    await handle.sync()
    await handle.close()
    // A link replaces nothing.
    await link(draft, target)
    await syncDirectory(dirname(target))
    return (await stat(target)).size
  } catch (error) {
    throw asUnavailable(error)
  } finally {
    await removeDraft(draft)
  }
}

async function requireRoom(path: string, directory: string): Promise<void> {
  const { bavail, bsize } = await statfs(directory)
  if (bavail * bsize >= (await stat(path)).size + FREE_BYTES_MIN) return
  throw new NoRoomForBackup(`the disk of ${directory} is nearly full`)
}

async function copySnapshot(path: string, draft: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const source = openDatabase(path, true)
  try {
    // A connection that reads one state throughout: else each write in between would start the copy over again.
    source.exec('begin; select count(*) from sqlite_schema')
    await backup(source, draft, { rate: PAGES_PER_STEP, progress: () => signal.throwIfAborted() })
    signal.throwIfAborted()
  } finally {
    source.close()
  }
}

async function removeDraft(draft: string): Promise<void> {
  for (const suffix of ['', '-journal', '-wal', '-shm']) await rm(`${draft}${suffix}`, { force: true })
}
