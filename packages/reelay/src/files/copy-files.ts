import { createHash } from 'node:crypto'
import type { Files, SharedFiles } from './files.ts'
import { folderOf } from './storage-key.ts'

/** Files that are on their way at a time. */
const LANES = 4
/** Larger than any video that is archived. */
const FILE_BYTES_MAX = 2 ** 43
const FOLDERS = ['inputs', 'videos'] as const

export type Storage = { files: Files; sharedFiles: SharedFiles | undefined }

export type CopyOptions = {
  /** Reads what is there already too, and compares it. */
  checksAll: boolean
  signal: AbortSignal
  onFile?: (report: Readonly<CopyReport>) => void
}

export type CopyReport = { copied: number; bytes: number; present: number }

/** A file did not arrive as it was, or there is another one in its place: nothing of it was kept by this copy. */
export class CopyFailed extends Error {
  override readonly name = 'CopyFailed'
}

/**
 * Copies everything that is kept. Each copy is read again and compared by its hash. What is there already is left out, so a
 * copy that was ended goes on where it was. Both places may be in use: a file never changes, and none has another's key.
 * @throws CopyFailed; StorageUnavailable
 */
export async function copyFiles(from: Storage, to: Storage, options: CopyOptions): Promise<CopyReport> {
  const report: CopyReport = { copied: 0, bytes: 0, present: 0 }
  const keys = keysOf(from)
  const ended = new AbortController()
  const signal = AbortSignal.any([options.signal, ended.signal])
  const lane = async (): Promise<void> => {
    for (;;) {
      signal.throwIfAborted()
      const next = await keys.next()
      if (next.done === true) return
      await copyFile({ key: next.value, from: from.files, to: to.files }, { ...options, signal }, report)
    }
  }
  const lanes = Array.from({ length: LANES }, async () => {
    try {
      await lane()
    } catch (error) {
      ended.abort(error)
      throw error
    }
  })
  await Promise.allSettled(lanes)
  options.signal.throwIfAborted()
  ended.signal.throwIfAborted()
  return report
}

/** A bucket page by page, a disk folder by folder. Nothing but inputs and videos. */
async function* keysOf({ files, sharedFiles }: Storage): AsyncGenerator<string> {
  if (sharedFiles === undefined) {
    for (const folder of FOLDERS) {
      for (const task of await files.names(folder)) {
        const inside = folderOf(`${folder}/${task}`)
        for (const name of await files.names(inside)) yield `${inside}/${name}`
      }
    }
    return
  }
  let after: string | null = null
  do {
    const page: Awaited<ReturnType<SharedFiles['page']>> = await sharedFiles.page(after)
    for (const { key } of page.files) if (FOLDERS.some((folder) => key.startsWith(`${folder}/`))) yield key
    after = page.next
  } while (after !== null)
}

type Copy = { key: string; from: Files; to: Files }

async function copyFile(copy: Copy, options: CopyOptions, report: CopyReport): Promise<void> {
  const { key, from, to } = copy
  const [size, present] = [await from.size(key), await to.size(key)]
  // Removed since it was listed: its task has ended.
  if (size === undefined) return
  if (present === undefined) {
    const bytes = await bring(copy, size, options.signal)
    if (bytes === undefined) return
    report.copied += 1
    report.bytes += bytes
  } else {
    const isSame =
      present === size && (!options.checksAll || (await hashOf(from, key)) === (await hashOf(to, key)))
    if (!isSame)
      throw new CopyFailed(
        `${key} is in the new place already, with other bytes: remove it there, and copy again.`,
      )
    report.present += 1
  }
  options.onFile?.(report)
}

/** Undefined when the file was removed meanwhile. */
async function bring(
  { key, from, to }: Copy,
  size: number,
  signal: AbortSignal,
): Promise<number | undefined> {
  const source = await from.open(key)
  if (source === undefined) return undefined
  const staged = await to.stage()
  try {
    const { bytes, sha256 } = await staged.write(source, FILE_BYTES_MAX)
    if (bytes !== size) throw new CopyFailed(`${key} has ${size} bytes, of which ${bytes} came: copy again.`)
    await staged.keep(key, signal)
    if ((await hashOf(to, key)) === sha256) return bytes
    await to.remove(key)
    throw new CopyFailed(
      `${key} came back from the new place with other bytes, and was removed there: copy again.`,
    )
  } finally {
    source.destroy()
    await staged.discard()
  }
}

async function hashOf(files: Files, key: string): Promise<string | undefined> {
  const stream = await files.open(key)
  if (stream === undefined) return undefined
  const hash = createHash('sha256')
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a file came as text')
    hash.update(chunk)
  }
  return hash.digest('hex')
}
