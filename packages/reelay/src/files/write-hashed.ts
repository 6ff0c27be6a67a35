import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { FileTooLarge, type StoredFile } from './files.ts'
import { asStorageFull } from './full-disk.ts'

/**
 * Appends the whole stream to an open file, counted and hashed on the way.
 * @throws FileTooLarge beyond `bytesMax`; StorageFull; whatever the source throws
 */
export async function writeHashed(
  handle: FileHandle,
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<StoredFile> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of source) {
    bytes += chunk.byteLength
    if (bytes > bytesMax) throw new FileTooLarge(bytesMax)
    hash.update(chunk)
    await asStorageFull(handle.writeFile(chunk))
  }
  return { bytes, sha256: hash.digest('hex') }
}
