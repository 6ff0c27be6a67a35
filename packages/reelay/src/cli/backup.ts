import { numberOf, textOf } from '../system/json.ts'
import { CliError } from './cli-error.ts'
import { findConnection } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { postJson, refusalOf } from './gateway-json.ts'
import { writeJson, writeLine, type GlobalOptions, type Io } from './io.ts'

export type BackupOptions = GlobalOptions & { name?: string }

/** The answer comes at the end. Node's own client waits for no more than five minutes. */
const ANSWER_MS_MAX = 290_000

/** `reelay backup`: the running gateway copies its database to its backup folder. */
export async function run({ name, ...options }: BackupOptions, io: Io): Promise<ExitCode> {
  const connection = await findConnection(options, io)
  const request = {
    path: '/v1/backups',
    body: name === undefined ? {} : { name },
    answerMsMax: ANSWER_MS_MAX,
  }
  const answer = await postJson(io, connection, request).catch((error: unknown) => {
    throw isTimeout(error) ? stillRunning(error) : error
  })
  if (answer.status !== 200) throw refusalOf(answer)
  if (options.json === true) writeJson(io, answer.body)
  else
    writeLine(io.stdout, `${textOf(answer.body['path']) ?? ''}  ${numberOf(answer.body['bytes']) ?? 0} bytes`)
  return EXIT_CODE.ok
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && error.cause.name === 'TimeoutError'

const stillRunning = (cause: unknown): CliError =>
  new CliError(EXIT_CODE.unreachable, 'timeout', `No answer within ${ANSWER_MS_MAX / 1_000} seconds`, {
    hint: 'the copy goes on: it is whole when it is in the backup folder under its name',
    cause,
  })
