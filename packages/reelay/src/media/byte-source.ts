import type { FileHandle } from 'node:fs/promises'
import { NotAVideo } from './not-a-video.ts'

/** Everything a probe may read of one file; indexes are small, so a file that wants more is hostile or broken. */
const READ_BUDGET_BYTES = 256 * 1024 * 1024

/** An open file that answers ranges until its budget of bytes is used up. */
export class ByteSource {
  readonly sizeBytes: number
  readonly #handle: FileHandle
  #budgetBytes: number

  constructor(handle: FileHandle, sizeBytes: number, budgetBytes: number = READ_BUDGET_BYTES) {
    this.#handle = handle
    this.sizeBytes = sizeBytes
    this.#budgetBytes = budgetBytes
  }

  /** The bytes from `start` on, fewer than `length` only at the end of the file. Throws `NotAVideo` over budget. */
  async read(start: number, length: number): Promise<Uint8Array> {
    const wanted = Math.max(0, Math.min(length, this.sizeBytes - start))
    this.#budgetBytes -= wanted
    if (this.#budgetBytes < 0) throw new NotAVideo('too_complex', 'it needs too many reads')
    const bytes = new Uint8Array(wanted)
    let filled = 0
    while (filled < wanted) {
      const { bytesRead } = await this.#handle.read(bytes, filled, wanted - filled, start + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return bytes.subarray(0, filled)
  }
}
