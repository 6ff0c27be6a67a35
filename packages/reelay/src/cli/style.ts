import type { Io, OutputStream } from './io.ts'

type Paint = (text: string) => string

/** Colours for one stream; where it is no terminal, or the user wants none, they change nothing. */
export type Style = {
  bold: Paint
  dim: Paint
  red: Paint
  green: Paint
  yellow: Paint
  cyan: Paint
}

/** True when cursor movement and redrawing make sense on this stream. */
export function isTerminal(stream: OutputStream, env: Io['env']): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

/** Honours NO_COLOR (any value but the empty one). */
export function styleOf(stream: OutputStream, env: Io['env']): Style {
  const isOn = isTerminal(stream, env) && (env['NO_COLOR'] ?? '') === ''
  const paint = (on: number, off: number): Paint =>
    isOn ? (text) => `\u001b[${on}m${text}\u001b[${off}m` : (text) => text
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  }
}

/** The colour that a status has everywhere. */
export function paintStatus(style: Style, status: string): Paint {
  if (status === 'completed') return style.green
  if (status === 'failed' || status === 'error') return style.red
  return status === 'in_progress' ? style.cyan : style.yellow
}

const COLUMNS_DEFAULT = 80
const ROWS_DEFAULT = 24

/** The stream's width; some terminals do not say, or say 0. */
export const columnsOf = (stream: OutputStream): number => stream.columns || COLUMNS_DEFAULT

/** The stream's height; some terminals do not say, or say 0. */
export const rowsOf = (stream: OutputStream): number => stream.rows || ROWS_DEFAULT
