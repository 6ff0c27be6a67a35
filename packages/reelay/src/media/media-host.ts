import { fork, type ChildProcess, type ForkOptions } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { systemClock, type Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { ChildLane, type RunOptions } from './child-lane.ts'
import type { ChildRequest, ChildResult, Poster, PosterJob } from './child-messages.ts'
import { CHILD_SETTINGS, childArguments } from './child-settings.ts'
import { removePart } from './job-file.ts'
import { MediaFailed } from './media-failed.ts'
import { previewJobProblem, type PreviewJob } from './preview-job.ts'
import { previewKnobs } from './preview-knobs.ts'

/** `fork` of `node:child_process`, or what a test puts in its place. */
export type ForkChild = (modulePath: string, values: readonly string[], options: ForkOptions) => ChildProcess

export interface MediaHostOptions {
  /** Working directory of the child processes; made when absent. */
  readonly workDir: string
  readonly log: Log
  readonly forkChild?: ForkChild
  readonly clock?: Clock
  /** A child ends by itself after this long without a job. */
  readonly idleMs?: number
}

export interface RenderOptions {
  /** Called with rising fractions, at last with 1. */
  readonly onProgress: (fraction: number) => void
  readonly signal: AbortSignal
}

/** Everything that needs native media packages, kept in child processes: a crash there is a failed job here. */
export interface MediaHost {
  /** Undefined when the optional packages work, else what is missing and how to install it. */
  unavailable(): Promise<string | undefined>
  /**
   * Writes `job.outPath`: whole, or not at all.
   * @throws PreviewFailed when the prompt asked for it with `[fail]`; MediaFailed otherwise.
   */
  render(job: PreviewJob, options: RenderOptions): Promise<void>
  /**
   * Writes one picture of a video and a sheet of pictures from all of it, as JPEG. Undefined when there is none to be
   * had: packages absent, a codec that does not decode, a hostile file. A video that takes long to decode gets a poster
   * without a sheet. A video is complete without either.
   * @throws MediaFailed only with `cancelled` or `stopped`.
   */
  poster(job: PosterJob, signal: AbortSignal): Promise<Poster | undefined>
  /** Ends the running jobs with `stopped`, and the children. */
  stop(): Promise<void>
}

const CHECK_TIMEOUT_MS = 60_000
const POSTER_TIMEOUT_MS = 30_000
const RENDER_TIMEOUT_BASE_MS = 90_000
/** A generous time for one second of 720p on a busy machine, and the least for small pictures. */
const RENDER_TIMEOUT_PER_SECOND_MS = 20_000
const RENDER_TIMEOUT_PER_SECOND_MIN_MS = 5_000
const PIXELS_OF_720P = 1280 * 720
const HEAP_MEGABYTES = 512

function renderTimeoutMs(job: PreviewJob): number {
  const perSecond = (RENDER_TIMEOUT_PER_SECOND_MS * job.width * job.height) / PIXELS_OF_720P
  const workMs = job.seconds * Math.max(RENDER_TIMEOUT_PER_SECOND_MIN_MS, perSecond)
  return RENDER_TIMEOUT_BASE_MS + workMs + previewKnobs(job.prompt).slowMs
}

/** The child runs from source and from built JavaScript alike. */
function childPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`./child.${extension}`, import.meta.url))
}

/** The child decodes files from strangers, so it gets none of the gateway's secrets: only what a process needs. */
function childEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'WINDIR', 'LANG', 'LD_LIBRARY_PATH']
  return Object.fromEntries(
    names.map((name) => [name, process.env[name]]).filter(([, value]) => value !== undefined),
  )
}

function missingMessage(missing: readonly string[]): string | undefined {
  if (missing.length === 0) return undefined
  return (
    `The local preview model needs optional packages that do not work here: ${missing.join('; ')}. Install them with ` +
    '`npm install --include=optional`, or by name with `npm install @napi-rs/canvas node-av @fontsource/inter`, ' +
    'and start Reelay again.'
  )
}

class ForkedMediaHost implements MediaHost {
  readonly #log: Log
  /** Posters have their own child, so that an archive never waits for a long render. */
  readonly #renders: ChildLane
  readonly #posters: ChildLane
  readonly #ready: Promise<unknown>
  #check: Promise<string | undefined> | undefined

  constructor(options: MediaHostOptions) {
    this.#log = options.log
    const lane = (name: string): ChildLane =>
      new ChildLane({
        name,
        clock: options.clock ?? systemClock,
        log: options.log,
        fork: () => forkFor(options),
      })
    this.#renders = lane('media render')
    this.#posters = lane('media poster')
    this.#ready = mkdir(options.workDir, { recursive: true })
    this.#ready.catch(() => {})
  }

  unavailable(): Promise<string | undefined> {
    const check = (this.#check ??= this.#runCheck())
    // A check that could not be made says nothing about the next one.
    check.catch(() => (this.#check = undefined))
    return check
  }

  async render(job: PreviewJob, { onProgress, signal }: RenderOptions): Promise<void> {
    const problem = previewJobProblem(job)
    if (problem !== undefined) throw new MediaFailed('bad_input', problem)
    const missing = await this.unavailable()
    if (missing !== undefined) throw new MediaFailed('unavailable', missing)
    const options = { timeoutMs: renderTimeoutMs(job), signal, onProgress }
    await this.#run(this.#renders, { kind: 'render', job }, [job.outPath], options)
  }

  async poster(job: PosterJob, signal: AbortSignal): Promise<Poster | undefined> {
    try {
      if ((await this.unavailable()) !== undefined) return undefined
      const options = { timeoutMs: POSTER_TIMEOUT_MS, signal, onProgress: () => {} }
      const outPaths = [job.posterPath, job.sheetPath]
      const result = await this.#run(this.#posters, { kind: 'poster', job }, outPaths, options)
      if (result.kind !== 'poster') return undefined
      if (result.sheetProblem !== undefined)
        this.#log.warn({ reason: result.sheetProblem }, 'No spritesheet could be made of a video.')
      return result.poster
    } catch (error) {
      if (!(error instanceof MediaFailed) || error.reason === 'cancelled' || error.reason === 'stopped')
        throw error
      this.#log.warn({ reason: error.reason, error: error.message }, 'No poster could be made of a video.')
      return undefined
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#renders.stop(), this.#posters.stop()])
  }

  async #runCheck(): Promise<string | undefined> {
    await this.#ready
    const options = {
      timeoutMs: CHECK_TIMEOUT_MS,
      signal: new AbortController().signal,
      onProgress: () => {},
    }
    const result = await this.#posters.run({ kind: 'check' }, options)
    return result.kind === 'check' ? missingMessage(result.missing) : undefined
  }

  async #run(
    lane: ChildLane,
    request: ChildRequest,
    outPaths: readonly string[],
    options: RunOptions,
  ): Promise<ChildResult> {
    await this.#ready
    try {
      return await lane.run(request, options)
    } catch (error) {
      // A killed child could not clean up.
      for (const path of outPaths) await removePart(path)
      throw error
    }
  }
}

function forkFor(options: MediaHostOptions): ChildProcess {
  const forkChild = options.forkChild ?? fork
  const settings = { ...CHILD_SETTINGS, idleMs: options.idleMs ?? CHILD_SETTINGS.idleMs }
  return forkChild(childPath(), childArguments(settings), {
    cwd: options.workDir,
    env: childEnvironment(),
    // Pictures lie outside the heap, where the collector does not see their size: the renderer calls it.
    execArgv: [
      '--expose-gc',
      `--max-old-space-size=${HEAP_MEGABYTES}`,
      '--disable-warning=ExperimentalWarning',
    ],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
}

/** Starts nothing: a child is forked for the first job. */
export function createMediaHost(options: MediaHostOptions): MediaHost {
  return new ForkedMediaHost(options)
}
