import { execFile } from 'node:child_process'
import { open, rm, statfs, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const BLOCKS_BYTES: readonly number[] = [1024 * 1024, 4096]
const FILLER = 'filler'

/** Arguments of `unshare`: mounts made in there are nobody else's, and end with the process. */
export const OWN_MOUNTS: readonly string[] = ['--mount', '--propagation', 'private']

/** Why no small file system can be mounted here; false when one can. */
export async function mountObstacle(directory: string): Promise<string | false> {
  const mount = ['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory]
  return run('unshare', [...OWN_MOUNTS, ...mount]).then(
    () => false as const,
    (error: Error) => `no file system can be mounted here: ${error.message.trim().split('\n').at(-1)}`,
  )
}

/** A file system of so many bytes in memory. Only for a process with mounts of its own. */
export async function mountSmallDisk(directory: string, bytes: number): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory])
}

export async function unmountSmallDisk(directory: string): Promise<void> {
  await run('umount', [directory])
}

async function writeUntilFull(file: FileHandle, blockBytes: number, countMax: number): Promise<void> {
  const block = Buffer.alloc(blockBytes)
  for (let count = 0; count < countMax; count += 1) {
    try {
      if ((await file.write(block)).bytesWritten < blockBytes) return
    } catch {
      return
    }
  }
  throw new Error('the small file system never filled up')
}

/** Writes until not one more block fits. Answers how many are free then. */
export async function fillDisk(directory: string): Promise<number> {
  const { blocks, bsize } = await statfs(directory)
  const file = await open(join(directory, FILLER), 'w')
  try {
    for (const bytes of BLOCKS_BYTES) await writeUntilFull(file, bytes, (blocks * bsize) / bytes + 1)
  } finally {
    await file.close()
  }
  return (await statfs(directory)).bavail
}

/** Takes back what `fillDisk` wrote. */
export async function freeDisk(directory: string): Promise<void> {
  await rm(join(directory, FILLER), { force: true })
}
