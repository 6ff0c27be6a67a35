/**
 * The media child: the only process that loads native media packages. It takes one job at a time over IPC, ends when
 * its parent is gone, when it has been idle for a while, or when it holds too much memory.
 */
import { createRequire } from 'node:module'
import { setPriority, constants } from 'node:os'
import type { ChildReply, ChildRequest, ChildResult, NumberedRequest, PosterJob } from './child-messages.ts'
import { EXIT_MEMORY, readChildArguments } from './child-settings.ts'
import { removePart, writeWhole } from './job-file.ts'
import { MediaFailed } from './media-failed.ts'
import { PreviewFailed } from './preview-failed.ts'
import type { PreviewJob } from './preview-job.ts'

const MEMORY_CHECK_MS = 250

const settings = readChildArguments(process.argv.slice(2))

/** The targets of the job under way, so that a sudden end leaves no part of them. */
let outPaths: readonly string[] = []

function lowerPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Some containers forbid it; the job is only less polite then.
  }
}

async function problemOf(name: string, load: () => unknown): Promise<string | undefined> {
  try {
    await load()
    return undefined
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && /MODULE_NOT_FOUND/.test(String(error.code))
    if (isAbsent) return `${name} (not installed)`
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    return `${name} (cannot be loaded: ${reason})`
  }
}

async function check(): Promise<ChildResult> {
  const { resolve } = createRequire(import.meta.url)
  const problems = [
    await problemOf('@napi-rs/canvas', () => import('@napi-rs/canvas')),
    await problemOf('node-av', () => import('node-av/lib')),
    await problemOf('@fontsource/inter', () => resolve('@fontsource/inter/package.json')),
  ]
  return { kind: 'check', missing: problems.filter((problem) => problem !== undefined) }
}

async function render(job: PreviewJob, report: (fraction: number) => void): Promise<ChildResult> {
  outPaths = [job.outPath]
  const { renderPreview } = await import('./preview/render-preview.ts')
  await writeWhole(job.outPath, (path) => renderPreview({ ...job, outPath: path }, report))
  return { kind: 'render' }
}

async function makePoster(job: PosterJob): Promise<ChildResult> {
  outPaths = [job.posterPath, job.sheetPath]
  const { extractStills } = await import('./extract-stills.ts')
  const stills = await extractStills(job.videoPath, { sheetFramesMax: job.sheetFramesMax })
  if (stills === undefined) return { kind: 'poster', poster: undefined }
  const { poster, sheet } = stills
  const { width, height } = poster
  await writeWhole(job.posterPath, poster.write)
  if ('problem' in sheet)
    return { kind: 'poster', poster: { width, height, sheet: undefined }, sheetProblem: sheet.problem }
  await writeWhole(job.sheetPath, sheet.write)
  const { frames } = sheet
  return {
    kind: 'poster',
    poster: { width, height, sheet: { width: sheet.width, height: sheet.height, frames } },
  }
}

async function perform(request: ChildRequest, report: (fraction: number) => void): Promise<ChildResult> {
  if (request.kind === 'check') return await check()
  if (request.kind === 'render') return await render(request.job, report)
  return await makePoster(request.job)
}

function failureOf(id: number, error: unknown): ChildReply {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof PreviewFailed) return { id, kind: 'failed', code: 'requested', message }
  const isBadInput = error instanceof MediaFailed && error.reason === 'bad_input'
  return { id, kind: 'failed', code: isBadInput ? 'bad_input' : 'failed', message }
}

async function answer({ id, request }: NumberedRequest): Promise<void> {
  reply({ id, kind: 'started' })
  const report = createReport(id)
  try {
    reply({ id, kind: 'done', result: await perform(request, report) })
  } catch (error) {
    reply(failureOf(id, error))
  }
  outPaths = []
}

/** Sends whole percents only: hundreds of frames are not hundreds of messages. */
function createReport(id: number): (fraction: number) => void {
  let sentPercent = 0
  return (fraction) => {
    const percent = Math.floor(fraction * 100)
    if (percent <= sentPercent) return
    sentPercent = percent
    reply({ id, kind: 'progress', fraction })
  }
}

function reply(message: ChildReply): void {
  // A parent that has gone is noticed by `disconnect`; the error of this send says nothing new.
  if (process.connected) process.send?.(message, () => {})
}

async function leave(code: number): Promise<void> {
  try {
    for (const path of outPaths) await removePart(path)
  } finally {
    process.exit(code)
  }
}

function watchMemory(): void {
  const timer = setInterval(() => {
    if (process.memoryUsage.rss() > settings.memoryBytesMax) void leave(EXIT_MEMORY)
  }, MEMORY_CHECK_MS)
  timer.unref()
}

function startIdling(): NodeJS.Timeout {
  return setTimeout(() => process.exit(0), settings.idleMs)
}

function start(): void {
  lowerPriority()
  watchMemory()
  let idle = startIdling()
  process.on('disconnect', () => void leave(0))
  process.on('message', (message: NumberedRequest) => {
    clearTimeout(idle)
    void answer(message).finally(() => {
      idle = startIdling()
    })
  })
}

start()
