import { isTerminalStatus, type Video, type VideoStatus } from '@reelay/sdk'
import { formatDuration } from './duration.ts'
import { writeLine, type Io } from './io.ts'
import { columnsOf, isTerminal, paintStatus, styleOf, type Style } from './style.ts'
import { truncate } from './text.ts'

/** Shows videos being made, on standard error. */
export interface ProgressBoard {
  /** A look at a video that shows something new. */
  update(video: Video): void
  /** Leaves the last state on the screen; idempotent. */
  close(): void
}

const TICK_MS = 1000
const BAR_COLUMNS = 24
const STATUS_COLUMNS = 11

type Entry = {
  id: string
  status: VideoStatus
  progress: number
  startedAtMs: number
  endedAtMs: number | null
}

/**
 * On a terminal one line per video that is drawn again in place, elsewhere a line for every change, and
 * nothing at all when the output is for programs.
 */
export function createProgressBoard(io: Io, isSilent: boolean): ProgressBoard {
  if (isSilent) return { update: () => {}, close: () => {} }
  return isTerminal(io.stderr, io.env) ? createLiveBoard(io) : createPlainBoard(io)
}

function createPlainBoard(io: Io): ProgressBoard {
  return {
    update: (video) => {
      const entry = entryOf(video, io.clock.nowMs())
      const cells = [entry.id, entry.status, `${entry.progress}%`, elapsed(entry, io.clock.nowMs())]
      writeLine(io.stderr, cells.join('  '))
    },
    close: () => {},
  }
}

function createLiveBoard(io: Io): ProgressBoard {
  const entries = new Map<string, Entry>()
  const ticking = new AbortController()
  const style = styleOf(io.stderr, io.env)
  let linesDrawn = 0
  const draw = (): void => {
    const columnsMax = columnsOf(io.stderr) - 1
    const showsId = entries.size > 1
    const lines = Array.from(entries.values(), (entry) =>
      barLine(entry, { nowMs: io.clock.nowMs(), columnsMax, showsId, style }),
    )
    const up = linesDrawn === 0 ? '' : `\u001b[${linesDrawn}A`
    io.stderr.write(up + lines.map((line) => `\r\u001b[2K${line}\n`).join(''))
    linesDrawn = lines.length
  }
  const tick = async (): Promise<void> => {
    while (!ticking.signal.aborted) {
      await io.clock.sleep(TICK_MS, ticking.signal)
      if (!ticking.signal.aborted) draw()
    }
  }
  return {
    update: (video) => {
      const isFirst = entries.size === 0
      entries.set(video.id, entryOf(video, io.clock.nowMs()))
      draw()
      if (isFirst) void tick()
    },
    close: () => ticking.abort(),
  }
}

const entryOf = (video: Video, nowMs: number): Entry => ({
  id: video.id,
  status: video.status,
  progress: video.progress,
  startedAtMs: video.created_at * 1000,
  endedAtMs: isTerminalStatus(video.status)
    ? video.completed_at === null
      ? nowMs
      : video.completed_at * 1000
    : null,
})

const elapsed = (entry: Entry, nowMs: number): string =>
  formatDuration((entry.endedAtMs ?? nowMs) - entry.startedAtMs)

type Frame = { nowMs: number; columnsMax: number; showsId: boolean; style: Style }

function barLine(entry: Entry, { nowMs, columnsMax, showsId, style }: Frame): string {
  const filled = Math.round((entry.progress / 100) * BAR_COLUMNS)
  const status = entry.status.padEnd(STATUS_COLUMNS)
  const tail = `${String(entry.progress).padStart(3)}%  ${elapsed(entry, nowMs)}`
  const columnsWithBar = STATUS_COLUMNS + BAR_COLUMNS + tail.length + 4
  const bar = columnsWithBar > columnsMax ? '' : drawBar(filled, entry, style)
  const columnsLeft = columnsMax - columnsWithBar - 2
  const id = showsId && columnsLeft > 0 ? `  ${style.dim(truncate(entry.id, columnsLeft))}` : ''
  return `${paintStatus(style, entry.status)(status)}  ${bar}${tail}${id}`
}

function drawBar(filled: number, entry: Entry, style: Style): string {
  const done = paintStatus(style, entry.status)('█'.repeat(filled))
  return `${done}${style.dim('░'.repeat(BAR_COLUMNS - filled))}  `
}
