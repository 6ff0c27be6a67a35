import type { ReactElement } from 'react'
import { Field } from '../../ui/field.tsx'
import { Select } from '../../ui/select.tsx'
import { isOffered, seedError } from './form-state.ts'
import type { FieldsProps } from './shape-fields.tsx'

const AUDIO = [
  { value: '', label: 'The model’s default' },
  { value: 'true', label: 'With sound' },
  { value: 'false', label: 'Silent' },
]

/** What most requests do without. */
export function MoreFields({ form, capabilities, refusalOf, onChange }: FieldsProps): ReactElement {
  const offers = (field: Parameters<typeof isOffered>[0]): boolean =>
    isOffered(field, capabilities, form.files)
  return (
    <details className="text-sm" open={refusalOf('callback_url') !== null || undefined}>
      <summary className="font-medium">More settings</summary>
      <div className="mt-4 grid gap-4 sm:grid-cols-2">
        {offers('audio') ? (
          <Field label="Sound" error={refusalOf('generate_audio')}>
            {(input) => (
              <Select
                {...input}
                value={form.audio}
                choices={AUDIO}
                onChoose={(value) => onChange({ audio: value === 'true' || value === 'false' ? value : '' })}
              />
            )}
          </Field>
        ) : null}
        {offers('seed') ? (
          <Field
            label="Seed"
            hint="The same seed tends to make the same video again."
            error={seedError(form.seed) ?? refusalOf('seed')}
          >
            {(input) => (
              <input
                {...input}
                inputMode="numeric"
                maxLength={15}
                value={form.seed}
                onChange={(event) => onChange({ seed: event.currentTarget.value })}
              />
            )}
          </Field>
        ) : null}
        {offers('negativePrompt') ? (
          <Field label="Negative prompt" hint="What must not be seen." error={refusalOf('negative_prompt')}>
            {(input) => (
              <input
                {...input}
                maxLength={4_000}
                value={form.negativePrompt}
                onChange={(event) => onChange({ negativePrompt: event.currentTarget.value })}
              />
            )}
          </Field>
        ) : null}
        <Field
          label="Webhook"
          hint="An address that is told of the end, signed."
          error={refusalOf('callback_url')}
        >
          {(input) => (
            <input
              {...input}
              type="url"
              maxLength={2_048}
              placeholder="https://…"
              value={form.callbackUrl}
              onChange={(event) => onChange({ callbackUrl: event.currentTarget.value })}
            />
          )}
        </Field>
      </div>
    </details>
  )
}
