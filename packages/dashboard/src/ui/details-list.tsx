import type { ReactElement, ReactNode } from 'react'

export type Detail = { label: string; value: ReactNode }

/** Facts about one thing, as pairs. */
export function DetailsList({ details }: { details: readonly Detail[] }): ReactElement {
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
      {details.map(({ label, value }) => (
        <div key={label} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="min-w-0 text-right break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
