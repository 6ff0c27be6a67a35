import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rm, statfs, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseOwned, takeOwnerLock, type OwnerLock } from '../store/sqlite/owner-lock.ts'
import { StorageFull } from './files.ts'
import { asStorageFull } from './full-disk.ts'
import { writeHashed } from './write-hashed.ts'
import type { StoredFile } from './files.ts'

/** Processes that may share one directory. */
const SLOTS_MAX = 64
/** Left free for the database and the system, whatever waits to be uploaded. */
const FREE_BYTES_MIN = 256 * 1024 * 1024
/** So much may be written between two looks at the free space. */
const LOOK_EVERY_BYTES = 32 * 1024 * 1024

/**
 * Where files wait on this machine until the storage has them. Each process has a folder of its own there, by a lock that
 * ends with it: what a dead process left is removed, what a living one writes never is.
 */
export class Spool {
  readonly #directory: string
  readonly #slot: string
  readonly #lock: OwnerLock
  readonly #freeBytesMin: number

  constructor(directory: string, slot: string, lock: OwnerLock, freeBytesMin: number) {
    this.#directory = directory
    this.#slot = slot
    this.#lock = lock
    this.#freeBytesMin = freeBytesMin
  }

  async file(): Promise<SpooledFile> {
    await this.#requireRoom()
    const path = join(this.#directory, this.#slot, `${randomUUID()}.part`)
    const handle = await asStorageFull(open(path, 'wx+', 0o600))
    return new SpooledFile(path, handle, (source) => this.#withRoom(source))
  }

  /** Removes what dead processes left. Their slots are free, so their locks can be had. */
  async sweep(): Promise<void> {
    for (const slot of await readdir(this.#directory)) {
      if (!/^slot-\d+$/.test(slot) || slot === this.#slot) continue
      const lock = tryLock(join(this.#directory, slot))
      if (lock === undefined) continue
      await rm(join(this.#directory, slot), { recursive: true, force: true })
      lock.release()
    }
    for (const name of await readdir(join(this.#directory, this.#slot)))
      await rm(join(this.#directory, this.#slot, name), { recursive: true, force: true })
  }

  close(): void {
    this.#lock.release()
  }

  async *#withRoom(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    let unseenBytes = 0
    for await (const chunk of source) {
      unseenBytes += chunk.byteLength
      if (unseenBytes >= LOOK_EVERY_BYTES) {
        await this.#requireRoom()
        unseenBytes = 0
      }
      yield chunk
    }
  }

  async #requireRoom(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#directory)
    if (bavail * bsize >= this.#freeBytesMin) return
    throw new StorageFull(`the disk of ${this.#directory}, where files wait for their upload, is nearly full`)
  }
}

/** A file of the spool: its bytes are here until it is discarded. */
export class SpooledFile {
  readonly path: string
  readonly handle: FileHandle
  readonly #withRoom: (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>
  #isOpen = true

  constructor(
    path: string,
    handle: FileHandle,
    withRoom: (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
  ) {
    this.path = path
    this.handle = handle
    this.#withRoom = withRoom
  }

  write(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<StoredFile> {
    return writeHashed(this.handle, this.#withRoom(source), bytesMax)
  }

  /** Harmless when it was done before. */
  async discard(): Promise<void> {
    if (this.#isOpen) {
      this.#isOpen = false
      await this.handle.close()
    }
    await rm(this.path, { force: true })
  }
}

/** Takes a free slot of the directory. @throws Error when more processes use it than it has slots */
export async function openSpool(directory: string, freeBytesMin: number = FREE_BYTES_MIN): Promise<Spool> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  for (let index = 0; index < SLOTS_MAX; index += 1) {
    const slot = `slot-${index}`
    const lock = tryLock(join(directory, slot))
    if (lock === undefined) continue
    await mkdir(join(directory, slot), { recursive: true, mode: 0o700 })
    return new Spool(directory, slot, lock, freeBytesMin)
  }
  throw new Error(`${directory} is in use by ${SLOTS_MAX} processes: give this one another REELAY_DATA_DIR`)
}

function tryLock(path: string): OwnerLock | undefined {
  try {
    return takeOwnerLock(path, { pid: process.pid })
  } catch (error) {
    if (error instanceof DatabaseOwned) return undefined
    throw error
  }
}
