import type { ReactElement } from 'react'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

type ErrorNoteProps = { error: unknown; onRetry?: () => void }

/** The gateway's own words: its messages say what to do. */
export function ErrorNote({ error, onRetry }: ErrorNoteProps): ReactElement {
  return (
    <div
      role="alert"
      className="flex flex-wrap items-start gap-3 rounded-lg border border-bad/40 bg-bad-soft px-4 py-3 text-sm"
    >
      <Icon name="alert" className="mt-0.5 text-bad" />
      <p className="min-w-0 flex-1 break-words text-ink">
        {error instanceof Error ? error.message : String(error)}
      </p>
      {onRetry === undefined ? null : <Button onClick={onRetry}>Try again</Button>}
    </div>
  )
}
