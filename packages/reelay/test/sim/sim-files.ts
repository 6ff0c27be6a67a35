import { createHash } from 'node:crypto'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { Readable } from 'node:stream'
import {
  FileTooLarge,
  StorageFull,
  type Files,
  type StagedFile,
  type StoredFile,
} from '../../src/files/files.ts'
import { folderOf, requireKey } from '../../src/files/storage-key.ts'
import type { Gate } from './gate.ts'

/** Where staged files seem to be. Nothing is really there. */
const STAGING = '/simulated-staging'

/** The engine removes stills by their path: below `STAGING` that asks no disk, whose answers would come at times of their own. */
function keepOffDisk(): void {
  const remove = promises.rm
  promises.rm = async (path, options) => {
    if (!String(path).startsWith(`${STAGING}/`)) await remove(path, options)
  }
  syncBuiltinESMExports()
}

keepOffDisk()

/** A disk that several simulated processes share, and that outlives them. */
export class SimDisk {
  readonly kept: Map<string, Buffer> = new Map()
  readonly staged: Map<string, Buffer> = new Map()
  isFull = false
  #names = 0

  newPath(): string {
    this.#names += 1
    return `${STAGING}/${this.#names}.part`
  }

  requireRoom(): void {
    if (this.isFull) throw new StorageFull('the disk is full')
  }

  under(folder: string): readonly string[] {
    return [...this.kept.keys()].filter((key) => key.startsWith(`${folder}/`))
  }
}

/** The disk as one process sees it. */
export class SimFiles implements Files {
  readonly #disk: SimDisk
  readonly #gate: Gate

  constructor(disk: SimDisk, gate: Gate) {
    this.#disk = disk
    this.#gate = gate
  }

  #ask<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#gate.through((async () => work())())
  }

  stage(): Promise<StagedFile> {
    const disk = this.#disk
    return this.#ask(() => {
      disk.requireRoom()
      const path = disk.newPath()
      disk.staged.set(path, Buffer.alloc(0))
      return {
        path,
        write: (source, bytesMax) => this.#write(path, source, bytesMax),
        keep: (key, signal) => this.#keep(path, key, signal),
        discard: () => this.#ask(() => void disk.staged.delete(path)),
      }
    })
  }

  async #write(path: string, source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<StoredFile> {
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of source) {
      bytes += chunk.byteLength
      if (bytes > bytesMax) throw new FileTooLarge(bytesMax)
      await this.#ask(() => this.#disk.requireRoom())
      chunks.push(chunk)
    }
    const whole = Buffer.concat(chunks)
    this.#disk.staged.set(path, whole)
    return { bytes, sha256: createHash('sha256').update(whole).digest('hex') }
  }

  #keep(path: string, key: string, signal?: AbortSignal): Promise<void> {
    return this.#ask(() => {
      signal?.throwIfAborted()
      this.#disk.requireRoom()
      const bytes = this.#disk.staged.get(path)
      if (bytes === undefined) throw new Error(`nothing is staged at ${path}`)
      this.#disk.staged.delete(path)
      this.#disk.kept.set(requireKey(key), bytes)
    })
  }

  open(key: string): Promise<Readable | undefined> {
    return this.#ask(() => {
      const bytes = this.#disk.kept.get(key)
      return bytes === undefined ? undefined : Readable.from([bytes])
    })
  }

  size(key: string): Promise<number | undefined> {
    return this.#ask(() => this.#disk.kept.get(key)?.byteLength)
  }

  async sign(): Promise<undefined> {}

  remove(key: string): Promise<void> {
    return this.#ask(() => void this.#disk.kept.delete(key))
  }

  names(folder: string): Promise<readonly string[]> {
    const start = folderOf(folder).length + 1
    return this.#ask(() => [
      ...new Set(this.#disk.under(folder).map((key) => key.slice(start).split('/')[0] ?? '')),
    ])
  }

  removeFolder(folder: string): Promise<void> {
    return this.#ask(() => {
      for (const key of this.#disk.under(folder)) this.#disk.kept.delete(key)
    })
  }

  sweep(): Promise<void> {
    return this.#ask(() => this.#disk.staged.clear())
  }

  check(): Promise<void> {
    return this.#ask(() => this.#disk.requireRoom())
  }
}
