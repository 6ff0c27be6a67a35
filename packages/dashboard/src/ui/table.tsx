import type { ReactElement, ReactNode } from 'react'

export type Column<Row> = { title: string; cell: (row: Row) => ReactNode; isNumber?: boolean }

type TableProps<Row> = {
  /** What the rows are, for whoever cannot see them. */
  caption: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
}

/** Rows with columns. On a narrow screen the table scrolls, and the page does not. */
export function Table<Row>({ caption, columns, rows, keyOf }: TableProps<Row>): ReactElement {
  const alignment = (column: Column<Row>): string => (column.isNumber === true ? 'text-right' : 'text-left')
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- whoever has no mouse scrolls it with the arrow keys
    <section className="relative overflow-x-auto" aria-label={caption} tabIndex={0}>
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.title}
                scope="col"
                className={`border-b border-line px-3 py-2 font-medium text-muted ${alignment(column)}`}
              >
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} className="border-b border-line last:border-0">
              {columns.map((column) => (
                <td key={column.title} className={`px-3 py-2 align-top ${alignment(column)}`}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
