import { InvalidArgumentError, type Command } from 'commander'
import { parseDuration } from './duration.ts'
import type { Io } from './io.ts'

/** What registering a command needs: the program, the outside world, and where the exit code goes. */
export type Registration = { program: Command; io: Io; finish: (exitCode: number) => void }

/** Gathers an option that may be given several times. */
export const collect = (value: string, previous: readonly string[] | undefined): readonly string[] => [
  ...(previous ?? []),
  value,
]

/** Reads an option that is a whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^[+-]?\d+$/.test(text) && value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }
}

/** Reads a length of time like `90d`, as whole seconds. */
export function durationSeconds(text: string): number {
  const seconds = parseDuration(text)
  if (seconds !== undefined) return seconds
  throw new InvalidArgumentError('It must be a whole number with s, m, h or d, for instance 90d.')
}

/** Gathers words that are separated by commas or given several times. */
export const words = (value: string, previous: readonly string[] | undefined): readonly string[] => [
  ...(previous ?? []),
  ...value.split(',').flatMap((word) => (word.trim() === '' ? [] : [word.trim()])),
]

/** Reads how long something is kept: a length of time as whole seconds, or `keep`. */
export const retentionOf = (text: string): number | 'keep' =>
  text === 'keep' ? 'keep' : durationSeconds(text)

/** Reads a limit: a whole number, or `off` for none, which stays a word because commander takes null for a bare flag. */
export function limitOf(text: string): number | 'off' {
  if (text === 'off') return text
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number, or off.')
}

/** Reads a length in seconds; the text is kept, as the gateway takes text. */
export function positiveNumber(text: string): string {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return text
  throw new InvalidArgumentError('It must be a number above 0.')
}
