import { createHash } from 'node:crypto'
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { silentLog } from '../system/log.ts'
import { createMediaHost, type ForkChild, type MediaHost, type MediaHostOptions } from './media-host.ts'
import type { PreviewJob } from './preview-job.ts'

/** A media host of a test, its folder, and the children that it forked. */
export interface TestMedia extends AsyncDisposable {
  readonly host: MediaHost
  readonly folder: string
  readonly children: ChildProcess[]
  path(name: string): string
  job(name: string, changes?: Partial<PreviewJob>): PreviewJob
}

export async function createTestMedia(
  options: Partial<MediaHostOptions> & { execArgv?: readonly string[] } = {},
): Promise<TestMedia> {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-media-'))
  const children: ChildProcess[] = []
  const { execArgv = [], ...hostOptions } = options
  const forkChild: ForkChild = (module, values, settings) => {
    const child = fork(module, values, { ...settings, execArgv: [...(settings.execArgv ?? []), ...execArgv] })
    children.push(child)
    return child
  }
  const host = createMediaHost({ workDir: join(folder, 'work'), log: silentLog, forkChild, ...hostOptions })
  const path = (name: string): string => join(folder, name)
  return {
    host,
    folder,
    children,
    path,
    job: (name, changes = {}) => ({
      prompt: 'a fox in the forest',
      seconds: 1,
      width: 320,
      height: 180,
      seed: 1,
      fps: 24,
      audio: false,
      inputImages: [],
      outPath: path(name),
      ...changes,
    }),
    async [Symbol.asyncDispose]() {
      await host.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

function pngChunk(type: string, body: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const framed = Buffer.alloc(named.length + 8)
  framed.writeUInt32BE(body.length, 0)
  named.copy(framed, 4)
  framed.writeUInt32BE(crc32(named), named.length + 4)
  return framed
}

/** A PNG of one color. */
export function plainPng(width: number, height: number, rgb: readonly [number, number, number]): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const row = Buffer.concat([Buffer.of(0), ...Array.from({ length: width }, () => Buffer.from(rgb))])
  const rows = Buffer.concat(Array.from({ length: height }, () => row))
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}
