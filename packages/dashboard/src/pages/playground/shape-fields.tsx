import type { ModelCapabilities } from '@reelay/sdk'
import type { ReactElement } from 'react'
import { Field } from '../../ui/field.tsx'
import { Select, type Choice } from '../../ui/select.tsx'
import { isOffered, secondsError, type FormState } from './form-state.ts'

export type FieldsProps = {
  form: FormState
  capabilities: ModelCapabilities
  /** What the gateway said of a field, by its name in the API. */
  refusalOf: (param: string) => string | null
  onChange: (patch: Partial<FormState>) => void
}

const choices = (values: readonly (string | number)[], none: string): Choice[] => [
  { value: '', label: none },
  ...values.map((value) => ({ value: String(value), label: String(value) })),
]

const BY_THE_MODEL = 'The model’s default'

/** How long and how big: what the model can make, and nothing else. */
export function ShapeFields(props: FieldsProps): ReactElement {
  const { form, capabilities, refusalOf, onChange } = props
  const offers = (field: Parameters<typeof isOffered>[0]): boolean =>
    isOffered(field, capabilities, form.files)
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SecondsField {...props} />
      {offers('size') ? (
        <Field label="Size" error={refusalOf('size')}>
          {(input) => (
            <Select
              {...input}
              value={form.size}
              choices={choices(capabilities.sizes, BY_THE_MODEL)}
              // The two say the same in other words: both at once may contradict each other.
              onChoose={(size) => onChange(size === '' ? { size } : { size, ratio: '', resolution: '' })}
            />
          )}
        </Field>
      ) : null}
      {offers('ratio') ? (
        <Field label="Aspect ratio" error={refusalOf('aspect_ratio')}>
          {(input) => (
            <Select
              {...input}
              value={form.ratio}
              choices={choices(capabilities.ratios, BY_THE_MODEL)}
              onChoose={(ratio) => onChange({ ratio, size: '' })}
            />
          )}
        </Field>
      ) : null}
      {offers('resolution') ? (
        <Field label="Resolution" error={refusalOf('resolution')}>
          {(input) => (
            <Select
              {...input}
              value={form.resolution}
              choices={choices(capabilities.resolutions, BY_THE_MODEL)}
              onChoose={(resolution) => onChange({ resolution, size: '' })}
            />
          )}
        </Field>
      ) : null}
    </div>
  )
}

function SecondsField({ form, capabilities, refusalOf, onChange }: FieldsProps): ReactElement | null {
  const { seconds } = capabilities
  if (seconds === null) return null
  const usual = seconds.default === null ? BY_THE_MODEL : `${seconds.default}, the model’s default`
  const error = secondsError(form.seconds, capabilities) ?? refusalOf('seconds')
  return (
    <Field
      label="Length in seconds"
      error={error}
      {...(seconds.values === null ? { hint: `${seconds.min} to ${seconds.max}` } : {})}
    >
      {(input) =>
        seconds.values === null ? (
          <input
            {...input}
            type="number"
            inputMode="numeric"
            min={seconds.min}
            max={seconds.max}
            step={1}
            placeholder={usual}
            value={form.seconds}
            onChange={(event) => onChange({ seconds: event.currentTarget.value })}
          />
        ) : (
          <Select
            {...input}
            value={form.seconds}
            choices={choices(seconds.values, usual)}
            onChoose={(value) => onChange({ seconds: value })}
          />
        )
      }
    </Field>
  )
}
