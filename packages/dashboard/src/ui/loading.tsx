import type { ReactElement } from 'react'

/** Said to screen readers, and shown once it takes a moment. */
export function Loading({ what }: { what: string }): ReactElement {
  return (
    <output className="flex items-center gap-2 py-6 text-sm text-muted">
      <span
        aria-hidden="true"
        className="size-4 animate-spin rounded-full border-2 border-line border-t-accent"
      />
      Loading {what}…
    </output>
  )
}
