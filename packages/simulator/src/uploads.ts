/** A file that a client left for a later create. */
export interface Upload {
  readonly mime: string
  readonly content: Buffer
}

const UPLOADS_MAX = 200

/** Uploaded files by the name that the dialect gave them. They die with the process; the oldest go above 200. */
export class Uploads {
  readonly #files = new Map<string, Upload>()

  keep(name: string, file: Upload): void {
    this.#files.set(name, file)
    for (const oldest of this.#files.keys()) {
      if (this.#files.size <= UPLOADS_MAX) return
      this.#files.delete(oldest)
    }
  }

  find(name: string): Upload | undefined {
    return this.#files.get(name)
  }
}
