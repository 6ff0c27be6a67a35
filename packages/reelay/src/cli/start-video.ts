import type { CreateOptions as StartOptions, ReceivedVideo, ReelayClient } from '@reelay/sdk'
import { awaitVideo, goesOn } from './await-video.ts'
import { usageError } from './cli-error.ts'
import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { withInterrupt } from './interrupt.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { watchOutages, type OutageWatch } from './outage-watch.ts'
import { createProgressBoard } from './progress-board.ts'
import { checkTarget, saveVideo, STDOUT_MARK } from './save-video.ts'
import { styleOf } from './style.ts'
import { oneLine } from './text.ts'
import { formatBytes, formatReason, formatVideo } from './video-view.ts'

/** What every command that makes a video takes. */
export type FollowOptions = GlobalOptions & {
  idempotencyKey?: string
  wait?: boolean
  out?: string
  force?: boolean
}

/** Starts a video in the given way, and with `--wait` or `--out` sees it through. */
export async function startVideo(
  options: FollowOptions,
  io: Io,
  start: (client: ReelayClient, options: StartOptions) => Promise<ReceivedVideo>,
): Promise<ExitCode> {
  const outages = watchOutages(io.fetch)
  const client = await connect(options, { ...io, fetch: outages.fetch })
  const idempotencyKey = options.idempotencyKey ?? io.ids.secret(16)
  const task: { id: string | null } = { id: null }
  const work = async (signal: AbortSignal): Promise<ExitCode> => {
    const created = await start(client, { idempotencyKey, signal })
    task.id = created.id
    if (options.wait !== true && options.out === undefined) return tellCreated(created, options, io)
    return seeThrough({ client, created, outages, signal }, options, io)
  }
  return withInterrupt(io, work, () => {
    if (task.id !== null) return goesOn(io, [task.id])
    const advice = `repeat the command with --idempotency-key ${idempotencyKey}`
    writeLine(io.stderr, `\ninterrupted: the task may exist, ${advice}`)
  })
}

/**
 * Before the video is paid for, not after.
 * @throws CliError when its file could not be written
 */
export async function checkFollow(options: FollowOptions): Promise<void> {
  if (options.json === true && options.out === STDOUT_MARK) {
    throw usageError('--json and --out - both want standard output: give --out a file', { param: 'out' })
  }
  if (options.out !== undefined) await checkTarget(options.out, options.force === true)
}

function tellCreated(video: ReceivedVideo, options: FollowOptions, io: Io): ExitCode {
  if (options.json === true) {
    writeJson(io, video)
    return EXIT_CODE.ok
  }
  // The id alone, so that a script can take it.
  writeLine(io.stdout, video.id)
  const style = styleOf(io.stderr, io.env)
  const warnings = video.reelay?.warnings ?? []
  if (warnings.length > 0) writeLine(io.stderr, style.yellow(`warnings: ${oneLine(warnings.join(', '))}`))
  writeLine(io.stderr, style.dim(`${video.status}; watch it with: reelay watch ${video.id}`))
  return EXIT_CODE.ok
}

type Wait = { client: ReelayClient; created: ReceivedVideo; outages: OutageWatch; signal: AbortSignal }

async function seeThrough(
  { client, created, outages, signal }: Wait,
  options: FollowOptions,
  io: Io,
): Promise<ExitCode> {
  const isJson = options.json === true
  if (!isJson) writeLine(io.stderr, created.id)
  const board = createProgressBoard(io, isJson)
  outages.tell((remark) => board.say(remark), signal)
  let video: ReceivedVideo
  try {
    video = await awaitVideo(client, created.id, signal, board)
  } finally {
    outages.hush()
    board.close()
  }
  if (video.status !== 'completed') {
    if (isJson) writeJson(io, video)
    else writeLine(io.stderr, `${styleOf(io.stderr, io.env).red('error:')} ${oneLine(formatReason(video))}`)
    return EXIT_CODE.noVideo
  }
  const { out } = options
  if (out !== undefined) {
    const force = options.force === true
    const saved = await saveVideo(client, video.id, { out, variant: undefined, force, signal }, io)
    if (!isJson) writeLine(io.stderr, `${formatBytes(saved.bytes)} written to ${saved.path}`)
  }
  if (isJson) writeJson(io, video)
  else if (out === undefined) writeLine(io.stdout, formatVideo(video, io))
  else if (out !== STDOUT_MARK) writeLine(io.stdout, video.id)
  return EXIT_CODE.ok
}
