import { displayWidth, truncate } from './text.ts'

export type Column = {
  title: string
  align?: 'left' | 'right'
  /** Gives way when the table is wider than the terminal. */
  shrinks?: boolean
  /** Colours a cell once it is aligned; `cell` is its plain text. */
  paint?: (aligned: string, cell: string) => string
}

const GAP = '  '
const SHRUNK_COLUMNS_MIN = 8

/** Aligned lines, the titles first. `columnsMax` is the terminal's width; Infinity where there is none. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  columnsMax: number,
  paintTitle: (text: string) => string,
): string {
  const widths = widthsOf(columns, rows, columnsMax)
  const line = (cells: readonly string[], isTitle: boolean): string =>
    columns
      .map((column, index) => {
        const cell = truncate(cells[index] ?? '', widths[index] ?? 0)
        // Nothing follows the last column, so it needs no padding.
        const isLast = index === columns.length - 1 && column.align !== 'right'
        const aligned = isLast ? cell : pad(cell, widths[index] ?? 0, column.align ?? 'left')
        return isTitle ? paintTitle(aligned) : (column.paint?.(aligned, cell) ?? aligned)
      })
      .join(GAP)
      .trimEnd()
  const titles = columns.map((column) => column.title)
  return [line(titles, true), ...rows.map((cells) => line(cells, false))].join('\n')
}

function pad(cell: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(width - displayWidth(cell), 0))
  return align === 'right' ? space + cell : cell + space
}

function widthsOf(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  columnsMax: number,
): number[] {
  const widths = columns.map((column, index) =>
    rows.reduce(
      (most, cells) => Math.max(most, displayWidth(cells[index] ?? '')),
      displayWidth(column.title),
    ),
  )
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (columns.length - 1) - columnsMax
  return widths.map((width, index) => {
    if (columns[index]?.shrinks !== true || excess <= 0) return width
    const shrunk = Math.max(width - excess, Math.min(width, SHRUNK_COLUMNS_MIN))
    excess -= width - shrunk
    return shrunk
  })
}
