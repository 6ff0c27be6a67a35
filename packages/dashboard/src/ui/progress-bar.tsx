import type { ReactElement } from 'react'

/** @param percent 0 to 100 */
export function ProgressBar({ percent, label }: { percent: number; label: string }): ReactElement {
  return <progress aria-label={label} max={100} value={percent} className="progress-bar" />
}
