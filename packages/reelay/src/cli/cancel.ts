import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { oneLine } from './text.ts'

export type CancelOptions = GlobalOptions & { id: string }

/** `reelay cancel`: stops a video that is being made. */
export async function run(options: CancelOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const video = await client.videos.cancel(options.id)
  if (options.json === true) {
    writeJson(io, video)
    return EXIT_CODE.ok
  }
  const isCancelled = video.error?.code === 'cancelled'
  const state = isCancelled ? 'cancelled' : `${video.status}: ${whyNot(video.completed_at !== null)}`
  const warnings = video.reelay?.warnings ?? []
  writeLine(io.stdout, `${video.id}  ${state}`)
  if (warnings.length > 0) writeLine(io.stderr, `warnings: ${oneLine(warnings.join(', '))}`)
  return EXIT_CODE.ok
}

const whyNot = (hasEnded: boolean): string =>
  hasEnded ? 'it had ended already' : 'the gateway is asked to stop it'
