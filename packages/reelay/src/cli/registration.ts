import { InvalidArgumentError, type Command } from 'commander'
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

/** Reads a length in seconds; the text is kept, as the gateway takes text. */
export function positiveNumber(text: string): string {
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return text
  throw new InvalidArgumentError('It must be a number above 0.')
}
