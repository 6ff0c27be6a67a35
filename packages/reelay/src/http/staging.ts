import { FileTooLarge, type Files, type StagedFile } from '../files/files.ts'
import { payloadTooLarge } from './read-body.ts'
import { UploadedFile } from './uploaded-file.ts'

/** The files that one request brings. Until they are kept, ending the request removes them. */
export class Staging {
  readonly #files: Files
  readonly #staged: StagedFile[] = []
  readonly #bytesMax: number

  constructor(files: Files, bytesMax: number) {
    this.#files = files
    this.#bytesMax = bytesMax
  }

  get fileBytesMax(): number {
    return this.#bytesMax
  }

  /** Writes a stream to a staged file. @throws ApiError `payload_too_large` */
  async spool(source: AsyncIterable<Uint8Array>): Promise<UploadedFile> {
    const staged = await this.#files.stage()
    this.#staged.push(staged)
    try {
      return new UploadedFile(staged, await staged.write(source, this.#bytesMax))
    } catch (error) {
      throw error instanceof FileTooLarge ? payloadTooLarge(this.#bytesMax, 'A file') : error
    }
  }

  /** Harmless for files that were kept. */
  async discard(): Promise<void> {
    await Promise.all(this.#staged.map((staged) => staged.discard()))
  }
}
