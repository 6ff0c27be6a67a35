import { useEffect, useId, useRef, type ReactElement, type ReactNode } from 'react'
import { Button } from './button.tsx'

type DialogProps = {
  title: string
  onClose: () => void
  children: ReactNode
  actions?: ReactNode
  closeLabel?: string
}

/** Shown as long as it is rendered. The browser keeps the focus inside, and Escape closes it. */
export function Dialog({
  title,
  onClose,
  children,
  actions,
  closeLabel = 'Back',
}: DialogProps): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const { activeElement } = document
    dialog.current?.showModal()
    // It is removed and not closed, so the browser does not give the focus back by itself.
    return () => {
      if (activeElement instanceof HTMLElement) activeElement.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // Left to the browser, it is closed but still rendered until its close event: what is asked for meanwhile is lost.
        event.preventDefault()
        onClose()
      }}
      onClose={onClose}
      className="w-[min(32rem,calc(100vw-2rem))] rounded-xl border border-line bg-surface p-5 text-ink"
    >
      <h2 id={titleId} className="text-base font-semibold">
        {title}
      </h2>
      <div className="mt-2 text-sm text-muted">{children}</div>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{closeLabel}</Button>
        {actions}
      </div>
    </dialog>
  )
}
