import { open } from 'node:fs/promises'
import type { StagedFile, StoredFile } from '../files/files.ts'
import { sniffImage, sniffVideo, SNIFF_BYTES } from '../media/sniff.ts'

/** A file that is on this machine but belongs to no task yet. Whoever holds it keeps it or discards it. */
export class UploadedFile {
  readonly staged: StagedFile
  readonly stored: StoredFile

  constructor(staged: StagedFile, stored: StoredFile) {
    this.staged = staged
    this.stored = stored
  }
}

/** The true type of a file by its first bytes, whatever its sender called it; undefined when it is not of that kind. */
export async function sniffFile(path: string, kind: 'image' | 'video'): Promise<string | undefined> {
  const handle = await open(path, 'r')
  try {
    const head = new Uint8Array(SNIFF_BYTES)
    const { bytesRead } = await handle.read(head, 0, SNIFF_BYTES, 0)
    const bytes = head.subarray(0, bytesRead)
    return kind === 'image' ? sniffImage(bytes) : sniffVideo(bytes)
  } finally {
    await handle.close()
  }
}
