import { isTerminalStatus, type Video, type VideoStatus } from '@reelay/sdk'
import { formatDuration } from './duration.ts'
import { writeLine, type Io } from './io.ts'
import { columnsOf, isTerminal, paintStatus, rowsOf, styleOf, type Style } from './style.ts'
import { truncate } from './text.ts'

/** Shows videos being made, on standard error. */
export interface ProgressBoard {
  /** A look at a video that shows something new. */
  update(video: Video): void
  /** Something else that a person who waits should know: one line. */
  say(remark: string): void
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
  if (isSilent) return { update: () => {}, say: () => {}, close: () => {} }
  return isTerminal(io.stderr, io.env) ? createLiveBoard(io) : createPlainBoard(io)
}

function createPlainBoard(io: Io): ProgressBoard {
  return {
    update: (video) => {
      const entry = entryOf(video, io.clock.nowMs())
      const cells = [entry.id, entry.status, `${entry.progress}%`, elapsed(entry, io.clock.nowMs())]
      writeLine(io.stderr, cells.join('  '))
    },
    say: (remark) => writeLine(io.stderr, remark),
    close: () => {},
  }
}

function createLiveBoard(io: Io): ProgressBoard {
  const entries = new Map<string, Entry>()
  const ticking = new AbortController()
  const style = styleOf(io.stderr, io.env)
  let linesDrawn = 0
  /** The remarks scroll away above; what follows them is drawn in their place the next time. */
  const draw = (linesMax: number, remarks: readonly string[] = []): void => {
    const columnsMax = columnsOf(io.stderr) - 1
    const frame = { nowMs: io.clock.nowMs(), columnsMax, showsId: entries.size > 1, style }
    const { shown, hidden } = fit([...entries.values()], linesMax)
    const lines = shown.map((entry) => barLine(entry, frame))
    if (hidden.length > 0) lines.push(style.dim(truncate(summaryOf(hidden), columnsMax)))
    const up = linesDrawn === 0 ? '' : `\u001b[${linesDrawn}A`
    const written = [...remarks.map((remark) => truncate(remark, columnsMax)), ...lines]
    const rest = written.length < linesDrawn ? '\u001b[J' : ''
    io.stderr.write(up + written.map((line) => `\r\u001b[2K${line}\n`).join('') + rest)
    linesDrawn = lines.length
  }
  // The cursor stands below the last line, and cannot go up beyond the first row.
  const drawInPlace = (...remarks: readonly string[]): void =>
    draw(Math.max(1, rowsOf(io.stderr) - 1), remarks)
  const tick = async (): Promise<void> => {
    while (!ticking.signal.aborted) {
      await io.clock.sleep(TICK_MS, ticking.signal)
      if (!ticking.signal.aborted) drawInPlace()
    }
  }
  return {
    update: (video) => {
      const isFirst = entries.size === 0
      entries.set(video.id, entryOf(video, io.clock.nowMs()))
      drawInPlace()
      if (isFirst) void tick()
    },
    say: (remark) => drawInPlace(remark),
    close: () => {
      if (ticking.signal.aborted) return
      ticking.abort()
      // Nothing is drawn in place any more, so all may be shown.
      if (linesDrawn < entries.size) draw(entries.size)
    },
  }
}

/** Those that still change come first where there is no room for all; the last line then counts the others. */
function fit(
  entries: readonly Entry[],
  linesMax: number,
): { shown: readonly Entry[]; hidden: readonly Entry[] } {
  if (entries.length <= linesMax) return { shown: entries, hidden: [] }
  const open = entries.filter((entry) => entry.endedAtMs === null)
  const ended = entries.filter((entry) => entry.endedAtMs !== null)
  const ordered = [...open, ...ended]
  return { shown: ordered.slice(0, linesMax - 1), hidden: ordered.slice(linesMax - 1) }
}

function summaryOf(hidden: readonly Entry[]): string {
  const counts = new Map<string, number>()
  for (const { status } of hidden) counts.set(status, (counts.get(status) ?? 0) + 1)
  return `and ${hidden.length} more: ${Array.from(counts, ([status, count]) => `${count} ${status}`).join(', ')}`
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
