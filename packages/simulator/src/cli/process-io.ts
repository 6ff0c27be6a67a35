import type { CommandIo } from './run-command.ts'

/** This process: its output, its signals, and its standard input's end. */
export const processIo: CommandIo = {
  stdout: process.stdout,
  stderr: process.stderr,
  onEnd: (listener, untilStdinEnds) => {
    process.once('SIGTERM', listener)
    process.once('SIGINT', listener)
    if (!untilStdinEnds) return
    // The starter holds the other end: when it is gone, however it went, nobody needs this process any more.
    process.stdin.once('end', listener)
    process.stdin.once('error', listener)
    process.stdin.resume()
  },
}
