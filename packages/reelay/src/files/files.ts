import type { Readable } from 'node:stream'

export type StoredFile = { bytes: number; sha256: string }

/** A file being written: nothing is visible under a key until `keep`. */
export interface StagedFile {
  /** Where the bytes are on this machine, for sniffing and probing before they are kept. */
  readonly path: string
  /**
   * Appends the whole stream.
   * @throws FileTooLarge beyond `bytesMax`; StorageFull when the disk has no room; whatever the source throws.
   */
  write(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<StoredFile>
  /** Makes the bytes durable under `key`, replacing nothing: keys are unique by construction. @throws StorageFull */
  keep(key: string): Promise<void>
  /** Removes what was written. Harmless after `keep`. */
  discard(): Promise<void>
}

/** Where inputs and archived videos live. Keys are made by `storageKey`, never from user names. */
export interface Files {
  stage(): Promise<StagedFile>
  /** Undefined when there is no such file. `end` is inclusive. */
  open(key: string, range?: { start: number; end: number }): Promise<Readable | undefined>
  size(key: string): Promise<number | undefined>
  /** Path on this machine. Only what runs here (the local model) may ask. */
  localPath(key: string): string
  /** Harmless when absent. */
  remove(key: string): Promise<void>
  /**
   * What is in a folder, in no order: the task folders of `inputs` or `videos`, or the files of one such as `videos/<task>`.
   * Empty when absent.
   */
  names(folder: string): Promise<readonly string[]>
  /** Removes everything under `videos/<task>` or `inputs/<task>`. Harmless when absent. */
  removeFolder(folder: string): Promise<void>
  /** Removes staged leftovers of processes that died. Called once at start by the only owner. */
  sweep(): Promise<void>
}

export class StorageFull extends Error {
  override readonly name = 'StorageFull'
}

export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge'
  readonly bytesMax: number
  constructor(bytesMax: number) {
    super(`the file is larger than the limit of ${bytesMax} bytes`)
    this.bytesMax = bytesMax
  }
}
