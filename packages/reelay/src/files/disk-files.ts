import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, rmdir, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import type { Writable } from 'node:stream'
import { syncDirectory } from '../system/sync-directory.ts'
import type { Files, FileStream, StagedFile, StoredFile } from './files.ts'
import { asStorageFull, codeOf } from './full-disk.ts'
import { sendPart } from './send-part.ts'
import { folderOf, requireKey } from './storage-key.ts'
import { writeHashed } from './write-hashed.ts'

/** Where the program's own keys begin. */
const FOLDERS = ['inputs', 'videos']

/** Files below one directory of this machine. */
export async function openDiskFiles(root: string): Promise<Files> {
  const base = resolve(root)
  const created = await mkdir(base, { recursive: true, mode: 0o700 })
  for (const name of ['staging', ...FOLDERS]) await mkdir(join(base, name), { recursive: true, mode: 0o700 })
  // Files below are only as durable as the names of the directories above them.
  await syncDirectory(base)
  if (created !== undefined) await syncDirectory(dirname(created))
  return new DiskFiles(base)
}

class DiskFiles implements Files {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  async stage(): Promise<StagedFile> {
    const path = join(this.#root, 'staging', `${randomUUID()}.part`)
    return new DiskStagedFile(path, await asStorageFull(open(path, 'wx', 0o600)), (key) => this.#pathOf(key))
  }

  async open(key: string, range?: { start: number; end: number }): Promise<FileStream | undefined> {
    const path = this.#pathOf(key)
    const handle = await open(path).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    })
    if (handle === undefined) return undefined
    const stream = handle.createReadStream({ ...range, highWaterMark: 256 * 1024 })
    const sendTo = async (sink: Writable): Promise<void> => {
      const { start, end } = range ?? { start: 0, end: (await handle.stat()).size - 1 }
      try {
        await sendPart({ handle, start, bytes: end - start + 1 }, sink)
      } finally {
        stream.destroy()
      }
    }
    return Object.assign(stream, { sendTo })
  }

  async size(key: string): Promise<number | undefined> {
    try {
      return (await stat(this.#pathOf(key))).size
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /** Whoever can read this disk is this gateway. */
  async sign(key: string): Promise<undefined> {
    requireKey(key)
  }

  async check(): Promise<void> {
    const staged = await this.stage()
    await staged.discard()
  }

  /** The key's pattern alone keeps a path below the root; the second look is for the day when it does not. */
  #pathOf(key: string): string {
    const path = resolve(this.#root, requireKey(key))
    if (!path.startsWith(this.#root + sep)) throw new Error(`not a storage key: ${key}`)
    return path
  }

  async remove(key: string): Promise<void> {
    const path = this.#pathOf(key)
    await rm(path, { force: true })
    await rmdir(dirname(path)).catch(() => undefined)
  }

  async names(folder: string): Promise<readonly string[]> {
    try {
      return await readdir(join(this.#root, folderOf(folder)))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    }
  }

  async removeFolder(folder: string): Promise<void> {
    await rm(dirname(this.#pathOf(`${folder}/any`)), { recursive: true, force: true })
  }

  async sweep(): Promise<void> {
    const staging = join(this.#root, 'staging')
    for (const name of await readdir(staging)) await rm(join(staging, name), { force: true, recursive: true })
  }
}

class DiskStagedFile implements StagedFile {
  readonly path: string
  readonly #handle: FileHandle
  readonly #pathOf: (key: string) => string
  #open = true

  constructor(path: string, handle: FileHandle, pathOf: (key: string) => string) {
    this.path = path
    this.#handle = handle
    this.#pathOf = pathOf
  }

  async write(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<StoredFile> {
    const stored = await writeHashed(this.#handle, source, bytesMax)
    await asStorageFull(this.#handle.sync())
    return stored
  }

  async keep(key: string, signal?: AbortSignal): Promise<void> {
    const target = this.#pathOf(key)
    signal?.throwIfAborted()
    await this.#close()
    const created = await asStorageFull(this.#rename(target))
    const directory = dirname(target)
    const folder = dirname(directory)
    // The name is durable only when its directory is, up to the one that was there before.
    await syncDirectory(directory)
    await syncDirectory(folder)
    if (created !== undefined && created !== directory) await syncDirectory(dirname(folder))
  }

  async discard(): Promise<void> {
    await this.#close()
    await rm(this.path, { force: true })
  }

  /** Answers the first directory that was made for it. */
  async #rename(target: string): Promise<string | undefined> {
    let created: string | undefined
    const move = async (): Promise<void> => {
      const made = await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      created ??= made
      await rename(this.path, target)
    }
    try {
      await move()
    } catch (error) {
      // The removal of the last other file took the directory along just now.
      if (codeOf(error) !== 'ENOENT') throw error
      await move()
    }
    return created
  }

  async #close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    await this.#handle.close()
  }
}
