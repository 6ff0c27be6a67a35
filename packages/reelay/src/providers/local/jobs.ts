import { mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PreviewFailed } from '../../media/preview-failed.ts'
import { syncDirectory } from '../../system/sync-directory.ts'
import type { Verdict } from '../../task/verdict.ts'
import type { LocalOptions } from './index.ts'
import { readJob, type LocalJob, type StoredJob } from './request.ts'

/**
 * Jobs as files: `<id>.json` says what to render and `<id>.<n>.picture` shows what, `<id>.mp4` is the result, `<id>.failed`
 * why there is none.
 */
export interface LocalJobs {
  /** Durable before it returns. */
  add(id: string, job: LocalJob, pictures: readonly Uint8Array[]): Promise<void>
  has(id: string): Promise<boolean>
  /** How a job is; one that a crash interrupted is started again. */
  look(id: string): Promise<Verdict>
  cancel(id: string): Promise<void>
  outputPath(id: string): string
  stop(): Promise<void>
}

/** Results are copied by the archive within seconds; what is older than this was archived or given up. */
const KEPT_MS = 48 * 3_600_000
const ID_PATTERN = /^local-[A-Za-z0-9_-]{8,64}$/

export async function openJobs(options: LocalOptions): Promise<LocalJobs> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 })
  const jobs = new FileJobs(options)
  await jobs.sweep()
  return jobs
}

type Render = { progress: number; abort: AbortController; finished: Promise<void> }

class FileJobs implements LocalJobs {
  readonly #options: LocalOptions
  readonly #renders = new Map<string, Render>()

  constructor(options: LocalOptions) {
    this.#options = options
  }

  async add(id: string, job: LocalJob, pictures: readonly Uint8Array[]): Promise<void> {
    const inputImages = pictures.map((_, index) => this.#path(id, `${index}.picture`))
    // Before the job that names them: a job is whole as soon as it is there.
    for (const [index, path] of inputImages.entries()) await writeDurably(path, pictures[index] ?? '')
    const stored = { ...job, inputImages }
    await writeDurably(this.#path(id, 'json'), JSON.stringify(stored))
    this.#render(id, stored)
  }

  async has(id: string): Promise<boolean> {
    return exists(this.#path(id, 'json'))
  }

  async look(id: string): Promise<Verdict> {
    if (!ID_PATTERN.test(id)) return { kind: 'gone' }
    const running = this.#renders.get(id)
    if (running !== undefined) return { kind: 'running', progress: Math.floor(running.progress * 100) }
    if (await exists(this.#path(id, 'mp4')))
      return { kind: 'done', outputs: [{ role: 'video', ref: id, mime: 'video/mp4' }] }
    const failure = await readFile(this.#path(id, 'failed'), 'utf8').catch(() => undefined)
    if (failure !== undefined) return { kind: 'failed', code: 'provider_failed', detail: failure }
    const job = await readFile(this.#path(id, 'json'), 'utf8').catch(() => undefined)
    if (job === undefined) return { kind: 'gone' }
    this.#render(id, readJob(job))
    return { kind: 'waiting' }
  }

  async cancel(id: string): Promise<void> {
    const running = this.#renders.get(id)
    running?.abort.abort()
    await running?.finished
    await this.#forget(id)
  }

  outputPath(id: string): string {
    return this.#path(id, 'mp4')
  }

  async stop(): Promise<void> {
    for (const render of this.#renders.values()) render.abort.abort()
    await Promise.all([...this.#renders.values()].map((render) => render.finished))
  }

  async sweep(): Promise<void> {
    const { directory, clock } = this.#options
    for (const name of await readdir(directory)) {
      const path = join(directory, name)
      const found = await stat(path).catch(() => undefined)
      if (found !== undefined && clock.nowMs() - found.mtimeMs > KEPT_MS) await rm(path, { force: true })
    }
  }

  #path(id: string, kind: 'json' | 'mp4' | 'failed' | `${number}.picture`): string {
    if (!ID_PATTERN.test(id)) throw new Error(`not a local job: ${id}`)
    return join(this.#options.directory, `${id}.${kind}`)
  }

  #render(id: string, job: StoredJob): void {
    if (this.#renders.has(id)) return
    const abort = new AbortController()
    const render: Render = { progress: 0, abort, finished: Promise.resolve() }
    this.#renders.set(id, render)
    render.finished = this.#run(id, job, render).finally(() => this.#renders.delete(id))
  }

  async #run(id: string, job: StoredJob, render: Render): Promise<void> {
    const { media, log } = this.#options
    try {
      await media.render(
        { ...job, outPath: this.#path(id, 'mp4') },
        {
          signal: render.abort.signal,
          onProgress: (fraction) => {
            render.progress = fraction
          },
        },
      )
    } catch (error) {
      if (render.abort.signal.aborted) return
      const message = error instanceof Error ? error.message : String(error)
      if (!(error instanceof PreviewFailed)) log.warn({ err: error, job: id }, 'a preview was not rendered')
      await writeDurably(this.#path(id, 'failed'), message).catch(() => undefined)
    }
  }

  async #forget(id: string): Promise<void> {
    // The job first: without it the rest is nothing.
    await rm(this.#path(id, 'json'), { force: true })
    const { directory } = this.#options
    const left = (await readdir(directory)).filter((name) => name.startsWith(`${id}.`))
    for (const name of left) await rm(join(directory, name), { force: true })
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, path)
  await syncDirectory(dirname(path))
}
