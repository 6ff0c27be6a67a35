import type { Readable, Writable } from 'node:stream'

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
  /**
   * Makes the bytes durable under `key`, replacing nothing: keys are unique by construction. When the signal aborts while
   * they are on their way, nothing stays under the key.
   * @throws StorageFull, StorageUnavailable
   */
  keep(key: string, signal?: AbortSignal): Promise<void>
  /** Removes what was written. Harmless after `keep`. */
  discard(): Promise<void>
}

/** The bytes of a stored file. Whoever opens it reads it to its end, sends it, or destroys it. */
export type FileStream = Readable & {
  /**
   * Instead of reading: writes everything to the sink and ends it, or destroys it where that fails. Cheaper than a pipe, as its
   * buffers are used again once they are written.
   */
  sendTo?(sink: Writable): Promise<void>
}

/** How a browser is told to treat a file that it fetches from the storage itself. */
export type FileView = { method: 'GET' | 'HEAD'; mime: string; disposition: string }

/**
 * Where inputs and archived videos live. Keys are made by `storageKey`, never from user names. Every verb throws
 * `StorageUnavailable` while the place cannot be asked.
 */
export interface Files {
  stage(): Promise<StagedFile>
  /** Undefined when there is no such file. `end` is inclusive. */
  open(key: string, range?: { start: number; end: number }): Promise<FileStream | undefined>
  size(key: string): Promise<number | undefined>
  /**
   * A link by which a client gets the file from the storage itself; undefined when this gateway is to hand it out. Asks
   * nobody: whether there is such a file is `size`'s question.
   */
  sign(key: string, view: FileView): Promise<string | undefined>
  /** Harmless when absent. */
  remove(key: string): Promise<void>
  /**
   * What is in a folder, in no order: the task folders of `inputs` or `videos`, or the files of one such as `videos/<task>`.
   * Empty when absent.
   */
  names(folder: string): Promise<readonly string[]>
  /** Removes everything under `videos/<task>` or `inputs/<task>`. Harmless when absent. */
  removeFolder(folder: string): Promise<void>
  /** Removes staged leftovers of processes that died, never what a living one stages. Called once at start. */
  sweep(): Promise<void>
  /** Whether files can be written, read and removed now. @throws StorageUnavailable saying what to do */
  check(): Promise<void>
}

/** One stretch of everything that is kept, in the order of keys. */
export type FilePage = {
  files: readonly { key: string; modifiedAtMs: number }[]
  /** Where the next page begins; null at the end. */
  next: string | null
}

/** A storage that other processes use at the same time: what they leave there is found by looking, not at a start. */
export interface SharedFiles extends Files {
  page(after: string | null): Promise<FilePage>
  /** Ends uploads that were begun before that time and never finished. Answers how many. */
  endUploads(begunBeforeMs: number): Promise<number>
  /**
   * Makes the place this gateway's when it is nobody's. False when it is another one's: then nothing here may be judged by
   * this gateway's tasks.
   * @param ids of this gateway, the current one first
   */
  claim(ids: readonly string[]): Promise<boolean>
  close(): void
}

/** The storage cannot do it now: nothing is lost, and the same may succeed later. The message says what to do. */
export class StorageUnavailable extends Error {
  override readonly name: string = 'StorageUnavailable'
  /** Waiting does not help: a setting, a right or a key is wrong. */
  readonly isMisconfigured: boolean

  constructor(message: string, options: ErrorOptions & { isMisconfigured?: boolean } = {}) {
    super(message, options)
    this.isMisconfigured = options.isMisconfigured ?? false
  }
}

export class StorageFull extends StorageUnavailable {
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
