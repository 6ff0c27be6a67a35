import type { ReactElement, SelectHTMLAttributes } from 'react'
import { classNames } from './class-names.ts'
import { INPUT_CLASS } from './field.tsx'

export type Choice = { value: string; label: string }

type SelectProps = Omit<SelectHTMLAttributes<HTMLSelectElement>, 'onChange' | 'children'> & {
  choices: readonly Choice[]
  onChoose: (value: string) => void
}

/** The browser's own select: everybody knows how it works, with and without a mouse. */
export function Select({ choices, onChoose, className, ...rest }: SelectProps): ReactElement {
  return (
    <select
      {...rest}
      className={classNames(INPUT_CLASS, 'pr-8', className)}
      onChange={(event) => onChoose(event.currentTarget.value)}
    >
      {choices.map(({ value, label }) => (
        <option key={value} value={value}>
          {label}
        </option>
      ))}
    </select>
  )
}
