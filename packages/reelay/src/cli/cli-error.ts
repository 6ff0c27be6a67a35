import { EXIT_CODE, type ExitCode } from './exit-code.ts'

export type CliErrorDetails = {
  /** What to do about it. */
  hint?: string
  /** The option or argument at fault. */
  param?: string
  cause?: unknown
}

/** A fault that a command found by itself, told to the user in one line. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exitCode: ExitCode
  /** For programs, in the error envelope. */
  readonly code: string
  readonly hint: string | null
  readonly param: string | null

  constructor(exitCode: ExitCode, code: string, message: string, details: CliErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.exitCode = exitCode
    this.code = code
    this.hint = details.hint ?? null
    this.param = details.param ?? null
  }
}

/** Wrong use of the command line. */
export function usageError(message: string, details: CliErrorDetails = {}): CliError {
  return new CliError(EXIT_CODE.usage, 'usage', message, details)
}
