import { isTerminalStatus, type ReceivedVideo } from '@reelay/sdk'
import { awaitVideos, goesOn, type Awaited } from './await-videos.ts'
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
      const awaited = await awaitVideos(client, ids, signal, onChange)
      signal.throwIfAborted()
      outages.hush()
      board.close()
      return tellEnds(awaited, options, io)
    } finally {
      outages.hush()
      board.close()
    }
  }
  return withInterrupt(io, work, () => goesOn(io, [...open]))
}

function tellEnds(awaited: readonly Awaited[], options: WatchOptions, io: Io): ExitCode {
  const style = styleOf(io.stderr, io.env)
  const codes = awaited.map(({ video, error }): ExitCode => {
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
