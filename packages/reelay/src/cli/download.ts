import { usageError } from './cli-error.ts'
import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { withInterrupt } from './interrupt.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { saveVideo, STDOUT_MARK } from './save-video.ts'
import { isTerminal } from './style.ts'
import { formatBytes } from './video-view.ts'

export type DownloadCommandOptions = GlobalOptions & {
  id: string
  out?: string
  variant?: string
  force?: boolean
}

const VARIANTS = ['video', 'thumbnail', 'spritesheet'] as const
const REDRAW_MS = 100

/** `reelay download`: writes the file of a completed video, or its thumbnail or spritesheet. */
export async function run(options: DownloadCommandOptions, io: Io): Promise<ExitCode> {
  const { id, out } = options
  const variant = VARIANTS.find((known) => known === (options.variant ?? 'video'))
  if (variant === undefined) {
    const message = `There is no variant ${options.variant ?? ''}: use one of ${VARIANTS.join(', ')}`
    throw usageError(message, { param: 'variant' })
  }
  if (options.json === true && out === STDOUT_MARK) {
    throw usageError('--json and --out - both want standard output: give --out a file', { param: 'out' })
  }
  const client = await connect(options, io)
  const meter = createMeter(options, io)
  const work = async (signal: AbortSignal): Promise<ExitCode> => {
    const force = options.force === true
    const saving = saveVideo(client, id, { out, variant, force, signal, onBytes: meter.update }, io)
    const saved = await saving.finally(meter.close)
    if (options.json === true) writeJson(io, { id, variant, ...saved })
    else if (out !== STDOUT_MARK) {
      writeLine(io.stdout, saved.path)
      writeLine(io.stderr, `${formatBytes(saved.bytes)} written`)
    }
    return EXIT_CODE.ok
  }
  return withInterrupt(io, work, () => writeLine(io.stderr, 'interrupted: nothing was kept'))
}

type Meter = { update: (bytes: number, bytesTotal: number | null) => void; close: () => void }

function createMeter(options: GlobalOptions, io: Io): Meter {
  if (options.json === true || !isTerminal(io.stderr, io.env)) return { update: () => {}, close: () => {} }
  let drawnAtMs = Number.NEGATIVE_INFINITY
  return {
    update: (bytes, bytesTotal) => {
      const nowMs = io.clock.monotonicMs()
      if (nowMs - drawnAtMs < REDRAW_MS && bytes !== bytesTotal) return
      drawnAtMs = nowMs
      const share =
        bytesTotal === null || bytesTotal === 0 ? '' : ` ${Math.floor((bytes / bytesTotal) * 100)}%`
      io.stderr.write(`\r\u001b[2K${formatBytes(bytes)}${share}`)
    },
    close: () => {
      if (drawnAtMs !== Number.NEGATIVE_INFINITY) io.stderr.write('\r\u001b[2K')
    },
  }
}
