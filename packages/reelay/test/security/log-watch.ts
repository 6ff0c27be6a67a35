import type { Log } from '../../src/system/log.ts'

/** One line as the code wrote it, before any redaction. */
export type LogLine = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

type Watcher = { readonly match: (line: LogLine) => boolean; readonly resolve: (line: LogLine) => void }

/** A log that tests can wait on: the gateway writes there what it did, whichever way it went. */
export class LogWatch implements Log {
  readonly lines: LogLine[] = []
  #watchers: Watcher[] = []

  /** The first line that matches, past ones included. */
  until(match: (line: LogLine) => boolean): Promise<LogLine> {
    const { promise, resolve } = Promise.withResolvers<LogLine>()
    const past = this.lines.find(match)
    if (past === undefined) this.#watchers.push({ match, resolve })
    else resolve(past)
    return promise
  }

  debug(fields: object, message: string): void {
    this.#add('debug', fields, message)
  }

  info(fields: object, message: string): void {
    this.#add('info', fields, message)
  }

  warn(fields: object, message: string): void {
    this.#add('warn', fields, message)
  }

  error(fields: object, message: string): void {
    this.#add('error', fields, message)
  }

  child(): Log {
    return this
  }

  #add(level: LogLine['level'], fields: object, message: string): void {
    const line: LogLine = { level, fields: { ...fields }, message }
    this.lines.push(line)
    const told = this.#watchers.filter(({ match }) => match(line))
    this.#watchers = this.#watchers.filter((watcher) => !told.includes(watcher))
    for (const { resolve } of told) resolve(line)
  }
}
