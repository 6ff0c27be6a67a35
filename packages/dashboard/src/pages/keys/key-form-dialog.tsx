import type { ApiKey } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { useSession } from '../../api/session-context.tsx'
import { useProjects } from '../../api/use-projects.ts'
import { Field } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Select } from '../../ui/select.tsx'
import { ToggleList } from '../../ui/toggle-list.tsx'
import { EXPIRIES, expiryOf } from './expiries.ts'
import { NewKeyDialog } from './new-key-dialog.tsx'
import { SCOPES, type Scope } from './scopes.ts'

const NAME_CHARACTERS_MAX = 200
const PROFILES = [
  { value: '', label: "The gateway's" },
  { value: 'comet', label: 'All five (comet)' },
  { value: 'openai', label: 'Four, without error (openai)' },
]

type Form = { name: string; project: string; scopes: readonly Scope[]; expiry: string; profile: string }

type KeyFormDialogProps = {
  /** What the form begins with. */
  project: string
  onClose: () => void
}

/** Makes a key, and then shows it, once. */
export function KeyFormDialog({ project, onClose }: KeyFormDialogProps): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const [form, setForm] = useState<Form>({
    name: '',
    project,
    scopes: ['create', 'read', 'content'],
    expiry: '',
    profile: '',
  })
  const creating = useMutation({
    mutationFn: (): Promise<ApiKey> =>
      api.keys.create({
        name: form.name,
        project: form.project,
        scopes: form.scopes,
        profile: form.profile === 'comet' || form.profile === 'openai' ? form.profile : undefined,
        ...expiryOf(form.expiry),
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.keys }),
  })
  if (creating.data !== undefined) return <NewKeyDialog made={creating.data} onClose={onClose} />
  return (
    <FormDialog
      title="New API key"
      submit="Create the key"
      isPending={creating.isPending}
      error={creating.error}
      onSubmit={() => creating.mutate()}
      onClose={onClose}
    >
      <KeyFields form={form} onChange={(part) => setForm({ ...form, ...part })} />
    </FormDialog>
  )
}

type KeyFieldsProps = { form: Form; onChange: (part: Partial<Form>) => void }

function KeyFields({ form, onChange }: KeyFieldsProps): ReactElement {
  return (
    <>
      <Field label="Name" hint="Who uses it: one key for each application.">
        {(input) => (
          <input
            {...input}
            required
            maxLength={NAME_CHARACTERS_MAX}
            autoComplete="off"
            value={form.name}
            onChange={(event) => onChange({ name: event.currentTarget.value })}
          />
        )}
      </Field>
      <ProjectField project={form.project} onChoose={(project) => onChange({ project })} />
      <ToggleList
        legend="It may"
        options={SCOPES}
        chosen={form.scopes}
        onChange={(scopes) => onChange({ scopes })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Expires">
          {(input) => (
            <Select
              {...input}
              value={form.expiry}
              choices={EXPIRIES}
              onChoose={(expiry) => onChange({ expiry })}
            />
          )}
        </Field>
        <Field label="Statuses that it is told">
          {(input) => (
            <Select
              {...input}
              value={form.profile}
              choices={PROFILES}
              onChoose={(profile) => onChange({ profile })}
            />
          )}
        </Field>
      </div>
    </>
  )
}

/** Keys of a single project make keys for it only. */
function ProjectField(props: { project: string; onChoose: (id: string) => void }): ReactElement | null {
  const { project, onChoose } = props
  const { administersGateway } = useSession()
  const projects = useProjects().data ?? []
  if (!administersGateway) return null
  return (
    <Field label="Project">
      {(input) => (
        <Select
          {...input}
          value={project}
          choices={projects.map(({ id, name }) => ({
            value: id,
            label: name === id ? id : `${name} (${id})`,
          }))}
          onChoose={onChoose}
        />
      )}
    </Field>
  )
}
