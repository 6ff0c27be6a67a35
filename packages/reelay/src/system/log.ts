import { pino, type DestinationStream } from 'pino'

/** What the code may do with a log. Values never hold secrets; `redact` below is the second line of defence. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Log
}

const SECRET_FIELDS = ['authorization', 'api_key', 'apiKey', 'secret', 'token', 'key', 'cookie', 'sig']

/** JSON lines on standard error (standard output belongs to the CLI's own words). */
export function createLog(level: string, destination: DestinationStream = process.stderr): Log {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `headers.${field}`]),
        censor: '[redacted]',
      },
    },
    destination,
  )
}

export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
}
