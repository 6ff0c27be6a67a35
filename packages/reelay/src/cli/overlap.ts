import { usageError } from './cli-error.ts'
import { parseDuration } from './parse-since.ts'

/** `--overlap 1h` as the client library takes it: nothing when it was not given. @throws CliError */
export function overlapOf(text: string | undefined): { overlapSeconds?: number } {
  if (text === undefined) return {}
  const ms = text === '0' ? 0 : parseDuration(text)
  if (ms !== undefined) return { overlapSeconds: ms / 1_000 }
  throw usageError(`--overlap ${text} is no length of time`, {
    hint: 'give one such as 1h or 7d; 0 ends the old secret at once',
    param: 'overlap',
  })
}
