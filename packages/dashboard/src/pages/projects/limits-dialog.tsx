import type { Project } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { Field, INPUT_CLASS } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Select } from '../../ui/select.tsx'
import { LIMIT_FIELDS, limitFormOf, limitsOf, type LimitChoice } from './limit-fields.ts'

const NAME_CHARACTERS_MAX = 200
const KINDS: readonly { value: LimitChoice['kind']; label: string }[] = [
  { value: 'gateway', label: 'Default' },
  { value: 'none', label: 'No limit' },
  { value: 'own', label: 'Its own' },
]

/** Changes the name of a project, and what it may use. */
export function LimitsDialog({ project, onClose }: { project: Project; onClose: () => void }): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const [name, setName] = useState(project.name)
  const [form, setForm] = useState(() => limitFormOf(project.own_limits ?? {}))
  const saving = useMutation({
    mutationFn: () => api.projects.update(project.id, { name, limits: limitsOf(form) }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: queryKeys.projects })
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Change “${project.name}”`}
      submit="Save"
      isPending={saving.isPending}
      error={saving.error}
      onSubmit={() => saving.mutate()}
      onClose={onClose}
    >
      <Field label="Name">
        {(input) => (
          <input
            {...input}
            required
            maxLength={NAME_CHARACTERS_MAX}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
      </Field>
      <p className="text-muted">
        Limits hold for all keys of the project together. Default is what the gateway is set to; 0 refuses
        all. How long files are kept counts for videos that are made from now on.
      </p>
      {LIMIT_FIELDS.map((field) => (
        <LimitField
          key={field.name}
          label={field.label}
          unit={field.unit}
          min={field.min}
          choice={form[field.name]}
          onChange={(choice) => setForm({ ...form, [field.name]: choice })}
        />
      ))}
    </FormDialog>
  )
}

type LimitFieldProps = {
  label: string
  unit: string
  min: number
  choice: LimitChoice
  onChange: (choice: LimitChoice) => void
}

function LimitField({ label, unit, min, choice, onChange }: LimitFieldProps): ReactElement {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)] items-end gap-3">
      <Field label={label}>
        {(input) => (
          <Select
            {...input}
            value={choice.kind}
            choices={KINDS}
            onChoose={(value) =>
              onChange({ ...choice, kind: KINDS.find((kind) => kind.value === value)?.value ?? 'gateway' })
            }
          />
        )}
      </Field>
      {choice.kind === 'own' ? (
        <span className="flex items-center gap-2">
          <input
            aria-label={`${label}, ${unit}`}
            className={INPUT_CLASS}
            type="number"
            required
            min={min}
            step="any"
            value={choice.text}
            onChange={(event) => onChange({ ...choice, text: event.currentTarget.value })}
          />
          <span className="shrink-0 text-xs text-muted">{unit}</span>
        </span>
      ) : null}
    </div>
  )
}
