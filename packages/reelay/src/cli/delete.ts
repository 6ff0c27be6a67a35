import { connect } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'
import { oneLine } from './text.ts'

export type DeleteOptions = GlobalOptions & { id: string; yes?: boolean }

/** `reelay delete`: removes a video and its files, after asking where somebody can be asked. */
export async function run(options: DeleteOptions, io: Io): Promise<ExitCode> {
  const client = await connect(options, io)
  if (options.yes !== true && options.json !== true && io.canAsk) {
    const answer = await io.confirm(`Delete ${oneLine(options.id)} and its files? This cannot be undone.`)
    if (answer === null) return EXIT_CODE.interrupted
    if (!answer) {
      writeLine(io.stderr, 'nothing was deleted')
      return EXIT_CODE.ok
    }
  }
  const deleted = await client.videos.delete(options.id)
  if (options.json === true) writeJson(io, deleted)
  else writeLine(io.stdout, `${deleted.id}  ${deleted.deleted ? 'deleted' : 'not deleted'}`)
  return deleted.deleted ? EXIT_CODE.ok : EXIT_CODE.unexpected
}
