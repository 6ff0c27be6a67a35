import { ReelayConnectionError, ReelayError, type ErrorEnvelope, type ReelayErrorCode } from '@reelay/sdk'
import { CliError } from './cli-error.ts'
import { gatewayUrl, isLoopback } from './connection.ts'
import { EXIT_CODE, type ExitCode } from './exit-code.ts'
import { writeLine, type GlobalOptions, type Io } from './io.ts'
import { styleOf } from './style.ts'
import { oneLine } from './text.ts'

type Fault = { exitCode: ExitCode; hint: string | null; envelope: ErrorEnvelope }

/**
 * Tells the user what went wrong: one line and what to do about it, or the error envelope with `--json`.
 * Answers the exit code.
 */
export function reportError(error: unknown, options: GlobalOptions, io: Io): ExitCode {
  const fault = faultOf(error, gatewayUrl(options, io.env))
  if (options.json === true) {
    writeLine(io.stderr, JSON.stringify(fault.envelope))
    return fault.exitCode
  }
  const style = styleOf(io.stderr, io.env)
  writeLine(io.stderr, `${style.red('error:')} ${oneLine(fault.envelope.error.message)}`)
  if (fault.hint !== null) writeLine(io.stderr, `${style.dim('hint:')} ${oneLine(fault.hint)}`)
  return fault.exitCode
}

/** The exit code that stands for an error of the client library. */
export function exitCodeOf(code: ReelayErrorCode): ExitCode {
  switch (code) {
    case 'invalid_argument':
    case 'bad_request':
    case 'not_ready':
    case 'conflict':
    case 'too_large':
    case 'rate_limited':
    case 'quota_exceeded':
    case 'not_supported':
      return EXIT_CODE.usage
    case 'unauthorized':
    case 'forbidden':
      return EXIT_CODE.unauthorized
    case 'not_found':
    case 'expired':
      return EXIT_CODE.notFound
    case 'connection_failed':
    case 'timeout':
      return EXIT_CODE.unreachable
    case 'video_failed':
      return EXIT_CODE.noVideo
    case 'aborted':
      return EXIT_CODE.interrupted
    case 'server_error':
    case 'unexpected_answer':
      return EXIT_CODE.unexpected
  }
}

function faultOf(error: unknown, url: string): Fault {
  if (error instanceof CliError) {
    const { code, param, message, exitCode, hint } = error
    return { exitCode, hint, envelope: envelopeOf(message, 'cli_error', param, code) }
  }
  if (error instanceof ReelayError) return clientFault(error, url)
  const message = error instanceof Error ? error.message : String(error)
  return {
    exitCode: EXIT_CODE.unexpected,
    hint: null,
    envelope: envelopeOf(message, 'cli_error', null, 'unexpected'),
  }
}

function clientFault(error: ReelayError, url: string): Fault {
  const isUnreachable = error.code === 'connection_failed'
  const message = isUnreachable ? `No gateway answers at ${url}` : error.message
  const type = error.type ?? (error.status === null ? 'connection_error' : 'gateway_error')
  return {
    exitCode: exitCodeOf(error.code),
    hint: hintOf(error, url),
    envelope: envelopeOf(message, type, error.param, error.serverCode ?? error.code),
  }
}

function hintOf(error: ReelayError, url: string): string | null {
  if (error.idempotencyKey !== null && isInDoubt(error)) {
    return `the task may exist: repeat the command with --idempotency-key ${error.idempotencyKey}`
  }
  if (error.code === 'connection_failed') return startHint(url)
  if (error.code === 'unauthorized') return 'check --api-key or REELAY_API_KEY'
  if (error.code === 'forbidden') return 'this needs a key with the admin scope'
  if (error.code === 'not_ready') return 'wait for it with: reelay watch <id>'
  return error.requestId === null ? null : `request id ${error.requestId}`
}

/** True when the gateway may have taken the request although its answer is missing. */
const isInDoubt = (error: ReelayError): boolean =>
  error.code === 'timeout' ||
  error.code === 'server_error' ||
  (error instanceof ReelayConnectionError && !error.neverSent)

function startHint(url: string): string {
  const isHere = URL.canParse(url) && isLoopback(new URL(url).hostname)
  return isHere ? 'start it with: reelay serve' : 'check that it runs, and --url or REELAY_URL'
}

function envelopeOf(message: string, type: string, param: string | null, code: string): ErrorEnvelope {
  return { error: { message, type, param, code } }
}
