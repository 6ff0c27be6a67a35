import { isTerminalStatus, type ReceivedVideo, type ReelayClient } from '@reelay/sdk'
import { goesOn } from './await-video.ts'
import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { withInterrupt } from './interrupt.ts'
import { writeLine, type GlobalOptions, type Io } from './io.ts'
import { watchOutages } from './outage-watch.ts'
import { createProgressBoard } from './progress-board.ts'
import { reportError } from './report-error.ts'
import { styleOf } from './style.ts'
import { oneLine } from './text.ts'
import { formatReason } from './video-view.ts'

export type WatchOptions = GlobalOptions & { ids: readonly string[] }

/** `reelay watch`: follows videos to their end. With `--json`, a line of JSON for every change. */
export async function run(options: WatchOptions, io: Io): Promise<ExitCode> {
  const ids = [...new Set(options.ids)]
  const isJson = options.json === true
  const outages = watchOutages(io.fetch)
  const client = await connect(options, { ...io, fetch: outages.fetch })
  const open = new Set(ids)
  const work = async (signal: AbortSignal): Promise<ExitCode> => {
    const board = createProgressBoard(io, isJson)
    outages.tell((remark) => board.say(remark), signal)
    const onChange = (video: ReceivedVideo): void => {
      board.update(video)
      if (isJson) writeLine(io.stdout, JSON.stringify(video))
      if (isTerminalStatus(video.status)) open.delete(video.id)
    }
    try {
      const watched = await Promise.all(ids.map((id) => follow(client, id, signal, onChange)))
      signal.throwIfAborted()
      outages.hush()
      board.close()
      return tellEnds(watched, options, io)
    } finally {
      outages.hush()
      board.close()
    }
  }
  return withInterrupt(io, work, () => goesOn(io, [...open]))
}

/** How it ended for one video: with it, whatever its status, or with the reason why not. */
type Watched = { id: string; video: ReceivedVideo | null; error: unknown }

/** The tasks end by their own deadlines, so there is no time limit here. */
async function follow(
  client: ReelayClient,
  id: string,
  signal: AbortSignal,
  onChange: (video: ReceivedVideo) => void,
): Promise<Watched> {
  let last: ReceivedVideo | null = null
  try {
    for await (const video of client.videos.watch(id, { signal, timeoutMs: Number.POSITIVE_INFINITY })) {
      onChange(video)
      last = video
    }
    return { id, video: last, error: null }
  } catch (error) {
    return { id, video: null, error }
  }
}

function tellEnds(watched: readonly Watched[], options: WatchOptions, io: Io): ExitCode {
  const style = styleOf(io.stderr, io.env)
  const codes = watched.map(({ video, error }): ExitCode => {
    if (video === null) return reportError(error, options, io)
    if (video.status === 'completed') return EXIT_CODE.ok
    if (options.json !== true) {
      writeLine(io.stderr, `${style.red('error:')} ${oneLine(formatReason(video))}`)
    }
    return EXIT_CODE.noVideo
  })
  // What could not be asked weighs more than what ended without a video.
  const faults = codes.filter((code) => code !== EXIT_CODE.ok && code !== EXIT_CODE.noVideo)
  return faults[0] ?? codes.find((code) => code !== EXIT_CODE.ok) ?? EXIT_CODE.ok
}
