import { useId, type FormEvent, type ReactElement, type ReactNode } from 'react'
import { Button, type ButtonKind } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { ErrorNote } from './error-note.tsx'

type FormDialogProps = {
  title: string
  /** What its button says, and so what happens. */
  submit: string
  kind?: ButtonKind
  isPending: boolean
  /** A refusal, in the gateway's words; null: none. */
  error: Error | null
  onSubmit: () => void
  onClose: () => void
  children: ReactNode
}

/** Asks for what an action needs, or only whether it is meant. */
export function FormDialog(props: FormDialogProps): ReactElement {
  const { title, submit, kind = 'primary', isPending, error, onSubmit, onClose, children } = props
  const formId = useId()
  const send = (event: FormEvent): void => {
    event.preventDefault()
    if (!isPending) onSubmit()
  }
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <Button kind={kind} type="submit" form={formId} disabled={isPending}>
          {submit}
        </Button>
      }
    >
      <form id={formId} onSubmit={send} className="flex flex-col gap-4 pt-1 text-ink">
        {children}
        {error === null ? null : <ErrorNote error={error} />}
      </form>
    </Dialog>
  )
}
