import type { ReactElement, ReactNode } from 'react'
import { classNames } from './class-names.ts'

type CardProps = { title?: string; actions?: ReactNode; className?: string; children: ReactNode }

/** A part of a page that belongs together, with its heading. */
export function Card({ title, actions, className, children }: CardProps): ReactElement {
  return (
    <section className={classNames('rounded-xl border border-line bg-surface', className)}>
      {title === undefined ? null : (
        <header className="flex min-h-12 items-center justify-between gap-3 border-b border-line px-4 py-2">
          <h2 className="text-sm font-semibold">{title}</h2>
          {actions}
        </header>
      )}
      <div className="p-4">{children}</div>
    </section>
  )
}
