import { Command, CommanderError } from 'commander'
import { VERSION } from '../version.ts'
import { usageError } from './cli-error.ts'
import { EXIT_CODE, EXIT_CODE_MEANINGS } from './exit-code.ts'
import type { GlobalOptions, Io } from './io.ts'
import { registerGateway } from './register-gateway.ts'
import { registerMoving } from './register-moving.ts'
import { registerVideos } from './register-videos.ts'
import { registerWebhooks } from './register-webhooks.ts'
import { columnsOf } from './style.ts'
import { oneLine } from './text.ts'

/** Runs one command line, without the program's name. Answers the exit code; never throws. */
export async function runProgram(argv: readonly string[], io: Io): Promise<number> {
  const outcome: { exitCode: number } = { exitCode: EXIT_CODE.ok }
  const program = createProgram(io)
  const finish = (exitCode: number): void => {
    outcome.exitCode = exitCode
  }
  registerVideos({ program, io, finish })
  registerWebhooks({ program, io, finish })
  registerGateway({ program, io, finish })
  registerMoving({ program, io, finish })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return outcome.exitCode
  } catch (error) {
    if (error instanceof CommanderError && hasBeenShown(error)) {
      return error.exitCode === 0 ? EXIT_CODE.ok : EXIT_CODE.usage
    }
    const { reportError } = await import('./report-error.ts')
    // What could not be parsed left no options behind.
    const options: GlobalOptions = { ...program.opts<GlobalOptions>() }
    if (argv.includes('--json')) options.json = true
    return reportError(error instanceof CommanderError ? misuse(error) : error, options, io)
  }
}

/** Help and version come as errors too, after they were printed. */
const hasBeenShown = ({ code }: CommanderError): boolean =>
  code === 'commander.help' || code === 'commander.helpDisplayed' || code === 'commander.version'

const misuse = (error: CommanderError): Error =>
  usageError(oneLine(error.message.replace(/^error: /, '')), { hint: 'see reelay --help', cause: error })

function createProgram(io: Io): Command {
  return new Command('reelay')
    .description('Self-hosted gateway for asynchronous video generation.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .option('--url <URL>', 'of the gateway; REELAY_URL, else http://127.0.0.1:7373')
    .option('--api-key <key>', "REELAY_API_KEY, else this machine's admin key")
    .option('--json', 'results as JSON on standard output, errors as JSON on standard error')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => columnsOf(io.stdout),
      getErrHelpWidth: () => columnsOf(io.stderr),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      // Faults of usage are reported like all others.
      outputError: () => {},
    })
    .exitOverride()
    .addHelpText('after', exitCodeHelp())
}

function exitCodeHelp(): string {
  const lines = EXIT_CODE_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(3)}  ${meaning}`)
  return ['', 'Exit codes:', ...lines].join('\n')
}
