import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { formatVideo } from './video-view.ts'

export type GetOptions = GlobalOptions & { id: string }

/** `reelay get`: shows one video. */
export async function run(options: GetOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  const video = await client.videos.retrieve(options.id)
  if (options.json === true) writeJson(io, video)
  else writeLine(io.stdout, formatVideo(video, io))
  return EXIT_CODE.ok
}
