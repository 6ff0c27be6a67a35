import { writeLine, type Io } from './io.ts'
import { columnsOf, isTerminal, styleOf } from './style.ts'
import { formatTable, type Column } from './table.ts'
import { oneLine } from './text.ts'

export type Listing = {
  columns: readonly Column[]
  rows: readonly (readonly string[])[]
  /** Said on standard error instead of a table without rows. */
  empty: string
}

/** A table on standard output, as wide as the terminal at most. Cells may hold a server's own text. */
export function printTable(io: Io, { columns, rows, empty }: Listing): void {
  if (rows.length === 0) return writeLine(io.stderr, empty)
  const columnsMax = isTerminal(io.stdout, io.env) ? columnsOf(io.stdout) : Number.POSITIVE_INFINITY
  const cells = rows.map((row) => row.map(oneLine))
  writeLine(io.stdout, formatTable(columns, cells, columnsMax, styleOf(io.stdout, io.env).bold))
}
