import type { ReactElement } from 'react'
import { ProgressBar } from './progress-bar.tsx'

const NUMBER = new Intl.NumberFormat('en-GB')

type UsageBarProps = {
  label: string
  used: number
  /** Null: there is no limit. */
  limit: number | null
}

/** How much of a limit is used. */
export function UsageBar({ label, used, limit }: UsageBarProps): ReactElement {
  const words =
    limit === null ? `${NUMBER.format(used)}, no limit` : `${NUMBER.format(used)} of ${NUMBER.format(limit)}`
  return (
    <div>
      <p className="mb-1 flex justify-between gap-3 text-sm">
        <span className="text-muted">{label}</span>
        <span className="tabular-nums">{words}</span>
      </p>
      {limit === null ? null : <ProgressBar label={`${label}: ${words}`} percent={percentOf(used, limit)} />}
    </div>
  )
}

/** A limit of 0 refuses all: it is used up from the start. */
const percentOf = (used: number, limit: number): number =>
  limit === 0 ? 100 : Math.min(100, (used / limit) * 100)
