import type { ReactElement } from 'react'

export type Option<Value extends string> = { value: Value; label: string; about?: string }

type ToggleListProps<Value extends string> = {
  legend: string
  options: readonly Option<Value>[]
  chosen: readonly Value[]
  onChange: (chosen: Value[]) => void
}

/** Boxes to tick: any number of them. */
export function ToggleList<Value extends string>(props: ToggleListProps<Value>): ReactElement {
  const { legend, options, chosen, onChange } = props
  const toggle = (value: Value, isOn: boolean): void =>
    onChange(
      options.map((option) => option.value).filter((each) => (each === value ? isOn : chosen.includes(each))),
    )
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{legend}</legend>
      <div className="grid gap-x-4 gap-y-1.5 sm:grid-cols-2">
        {options.map(({ value, label, about }) => (
          <label key={value} className="flex items-start gap-2 text-sm">
            <input
              type="checkbox"
              className="mt-1 size-4 shrink-0 accent-accent"
              checked={chosen.includes(value)}
              onChange={(event) => toggle(value, event.currentTarget.checked)}
            />
            <span>
              {label}
              {about === undefined ? null : <span className="block text-xs text-muted">{about}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
