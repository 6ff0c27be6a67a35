import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { FileSweeper } from './engine/file-sweeper.ts'
import { openDiskFiles } from './files/disk-files.ts'
import { StorageUnavailable, type Files, type SharedFiles } from './files/files.ts'
import { openSpool } from './files/spool.ts'
import type { StorageSettings } from './files/storage-settings.ts'
import type { Store } from './store/store.ts'
import type { Clock } from './system/clock.ts'
import type { Random } from './system/ids.ts'
import type { Log } from './system/log.ts'

const OWNER_CHARACTERS = 32

export type OpenedFiles = {
  files: Files
  /** The same when other processes may use it too; undefined when it is this machine's own. */
  sharedFiles: SharedFiles | undefined
}

/** Opens a storage. The S3 client is large: it is loaded only where it is used. */
export async function openFiles(
  storage: StorageSettings,
  { dataDir, random }: { dataDir: string; random: Random },
): Promise<OpenedFiles> {
  if (storage.kind === 'disk') {
    return { files: await openDiskFiles(storage.directory), sharedFiles: undefined }
  }
  const { openS3Files } = await import('./files/s3-files.ts')
  const files = openS3Files({ ...storage, random, spool: await openSpool(join(dataDir, 'spool')) })
  return { files, sharedFiles: files }
}

/** A wrong setting ends the start; a storage that is away for a while only makes tasks wait. */
export async function checkStorage(files: Files, log: Log): Promise<void> {
  try {
    await files.check()
  } catch (error) {
    if (!(error instanceof StorageUnavailable) || error.isMisconfigured) throw error
    log.warn({ err: error }, 'the storage does not answer: finished videos wait until it does')
  }
}

export type SweeperParts = {
  sharedFiles: SharedFiles | undefined
  store: Store
  clock: Clock
  log: Log
  random: Random
  /** Those of signed links: what marks a place as this gateway's is made from them. */
  keys: readonly Uint8Array[]
}

/** Undefined where the files are this machine's own: those are looked after at the start. */
export function createSweeper({ sharedFiles, keys, ...parts }: SweeperParts): FileSweeper | undefined {
  if (sharedFiles === undefined) return undefined
  const ownerIds = keys.map((key) =>
    createHmac('sha256', key).update('reelay-storage-owner-1').digest('hex').slice(0, OWNER_CHARACTERS),
  )
  return new FileSweeper({ ...parts, files: sharedFiles, ownerIds })
}
