import { useId, type ReactElement, type ReactNode } from 'react'

export const INPUT_CLASS: string =
  'w-full min-h-9 rounded-lg border border-strong/60 bg-surface px-3 py-1.5 text-sm text-ink ' +
  'placeholder:text-muted aria-invalid:border-bad disabled:opacity-60'

/** To be spread on the input, so that its label, hint and error belong to it. */
export type FieldInput = {
  id: string
  'aria-describedby'?: string
  'aria-invalid'?: boolean
  className: string
}

type FieldProps = {
  label: string
  hint?: ReactNode
  /** What is wrong with the value, and what to do. */
  error?: string | null
  children: (input: FieldInput) => ReactNode
}

/** An input with its label, and what there is to say of it. */
export function Field({ label, hint, error, children }: FieldProps): ReactElement {
  const id = useId()
  const noteId = `${id}-note`
  const hasError = error !== undefined && error !== null
  const note = hasError ? error : hint
  const input: FieldInput = {
    id,
    className: INPUT_CLASS,
    ...(note === undefined ? {} : { 'aria-describedby': noteId }),
    ...(hasError ? { 'aria-invalid': true } : {}),
  }
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      {children(input)}
      {note === undefined ? null : (
        <p id={noteId} className={hasError ? 'text-sm text-bad' : 'text-xs text-muted'}>
          {note}
        </p>
      )}
    </div>
  )
}
