import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Where a job writes before its file is whole: beside its target, because a rename does not cross file systems. */
function partPath(outPath: string): string {
  return `${outPath}.part`
}

async function flush(path: string): Promise<void> {
  await using handle = await open(path, 'r+')
  await handle.sync()
}

async function flushFolder(path: string): Promise<void> {
  // Windows cannot open a folder; there the rename alone has to do.
  if (process.platform === 'win32') return
  await using handle = await open(path, 'r')
  await handle.sync()
}

/** Has `write` fill the part file, makes it durable, and gives it its name: `outPath` is whole or absent. */
export async function writeWhole<Result>(
  outPath: string,
  write: (path: string) => Promise<Result>,
): Promise<Result> {
  const part = partPath(outPath)
  try {
    const result = await write(part)
    await flush(part)
    await rename(part, outPath)
    await flushFolder(dirname(outPath))
    return result
  } catch (error) {
    await removePart(outPath)
    throw error
  }
}

/** Removes what an unfinished job left. Harmless when there is nothing. */
export async function removePart(outPath: string): Promise<void> {
  await rm(partPath(outPath), { force: true })
}
