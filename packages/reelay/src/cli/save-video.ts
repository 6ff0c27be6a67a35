import { createWriteStream, type Stats } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { DownloadOptions, ReelayClient } from '@reelay/sdk'
import { usageError } from './cli-error.ts'
import type { Io } from './io.ts'

/** The `--out` that means standard output. */
export const STDOUT_MARK = '-'

export type SaveOptions = {
  /** File, folder or `-`; absent, a file named after the video in the working directory. */
  out: string | undefined
  variant: DownloadOptions['variant']
  /** Replace a file that exists. */
  force: boolean
  signal: AbortSignal
  /** Hears of every chunk: bytes so far, and of the whole file where the server says. */
  onBytes?: (bytes: number, bytesTotal: number | null) => void
}

/** What was written where. */
export type Saved = { path: string; bytes: number }

/**
 * Refuses a target that cannot be written, before anything is paid for or transferred.
 * @throws CliError
 */
export async function checkTarget(out: string, force: boolean): Promise<void> {
  if (out === STDOUT_MARK || (await isFolder(out))) return
  const folder = dirname(out)
  if (!(await isFolder(folder))) {
    throw usageError(`There is no folder ${folder}`, { hint: 'make it first', param: 'out' })
  }
  await refuseExisting(out, force)
}

/**
 * Writes the file of a completed video. It appears under its name only when it is whole.
 * @throws ReelayError when it cannot be read, CliError when the target exists
 */
export async function saveVideo(
  client: ReelayClient,
  id: string,
  options: SaveOptions,
  io: Io,
): Promise<Saved> {
  const { out, force, signal } = options
  if (out !== undefined) await checkTarget(out, force)
  const download = await client.videos.download(id, { variant: options.variant, signal })
  const counter = { bytes: 0 }
  const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of download.stream) {
      counter.bytes += chunk.byteLength
      options.onBytes?.(counter.bytes, download.bytes)
      yield chunk
    }
  }
  if (out === STDOUT_MARK) {
    await pipeline(counted, io.stdout, { end: false })
    return { path: STDOUT_MARK, bytes: counter.bytes }
  }
  const path = await targetOf(id, options, download.contentType)
  const part = join(dirname(path), `.${basename(path)}.${io.ids.secret(6)}.part`)
  try {
    await refuseExisting(path, force)
  } catch (error) {
    await download.stream.cancel()
    throw error
  }
  try {
    await pipeline(counted, createWriteStream(part, { flags: 'wx' }))
    await refuseExisting(path, force)
    await rename(part, path)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
  return { path, bytes: counter.bytes }
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'video/mp4': '.mp4',
  'video/quicktime': '.mov',
  'video/webm': '.webm',
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
}

async function targetOf(id: string, options: SaveOptions, contentType: string): Promise<string> {
  const { out, variant } = options
  if (out !== undefined && !(await isFolder(out))) return out
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  const suffix = variant === undefined || variant === 'video' ? '' : `-${variant}`
  // An id comes from the command line or a server: it must not lead out of the folder.
  const name = `${id.replaceAll(/[^\w.-]/g, '_')}${suffix}${EXTENSIONS[type] ?? ''}`
  return join(out ?? '.', name)
}

async function refuseExisting(path: string, force: boolean): Promise<void> {
  const found = await lookAt(path)
  if (found === null) return
  if (!found.isFile()) {
    throw usageError(`${path} is no regular file`, { hint: 'use --out - for standard output', param: 'out' })
  }
  if (force) return
  throw usageError(`${path} exists already`, {
    hint: 'pass --force to replace it, or another --out',
    param: 'out',
  })
}

const isFolder = async (path: string): Promise<boolean> => (await lookAt(path))?.isDirectory() ?? false

async function lookAt(path: string): Promise<Stats | null> {
  try {
    return await stat(path)
  } catch {
    return null
  }
}
