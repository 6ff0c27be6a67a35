import { useEffect, useRef, type ReactElement, type ReactNode } from 'react'

type PageTitleProps = { title: string; about?: ReactNode; actions?: ReactNode }

/** The heading of a page: it names the browser's tab, and takes the focus so that screen readers read the new page. */
export function PageTitle({ title, about, actions }: PageTitleProps): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Reelay`
  }, [title])
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <header className="mb-5 flex flex-wrap items-end justify-between gap-3">
      <div className="min-w-0 flex-1 basis-64">
        <h1
          ref={heading}
          tabIndex={-1}
          className="line-clamp-2 text-xl font-semibold tracking-tight break-words outline-none"
        >
          {title}
        </h1>
        {about === undefined ? null : <div className="mt-1 text-sm text-muted">{about}</div>}
      </div>
      {actions === undefined ? null : <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  )
}
