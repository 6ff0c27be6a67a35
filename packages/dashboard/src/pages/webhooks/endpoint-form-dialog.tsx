import { ReelayError, VIDEO_STATUSES, type WebhookEndpoint, type WebhookEventType } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { SecretText } from '../../ui/secret-text.tsx'
import { Select } from '../../ui/select.tsx'
import { statusLabel } from '../../ui/status-badge.tsx'
import { ToggleList, type Option } from '../../ui/toggle-list.tsx'

const EVENTS: readonly Option<WebhookEventType>[] = VIDEO_STATUSES.map((status) => ({
  value: `video.${status}`,
  label: statusLabel(status),
}))
const TERMINAL: readonly WebhookEventType[] = ['video.completed', 'video.failed', 'video.error']
const PAYLOADS = [
  { value: 'full', label: 'The whole video (full)' },
  { value: 'thin', label: 'Its id and status only (thin)' },
]
const URL_CHARACTERS_MAX = 2_048
const DESCRIPTION_CHARACTERS_MAX = 500

type EndpointFormDialogProps = {
  /** Null: a new one is made. */
  endpoint: WebhookEndpoint | null
  onClose: () => void
}

type Form = { url: string; description: string; events: readonly WebhookEventType[]; payload: string }

/** Makes an endpoint, and then shows its secret; or changes one. */
export function EndpointFormDialog({ endpoint, onClose }: EndpointFormDialogProps): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const [form, setForm] = useState<Form>(() => formOf(endpoint))
  const saving = useMutation({
    mutationFn: (): Promise<WebhookEndpoint> => {
      const params = { ...form, payload: form.payload === 'thin' ? ('thin' as const) : ('full' as const) }
      return endpoint === null ? api.endpoints.create(params) : api.endpoints.update(endpoint.id, params)
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: queryKeys.endpoints })
      if (endpoint !== null) onClose()
    },
  })
  const secret = saving.data?.secret
  if (secret !== undefined) {
    return (
      <Dialog title="The endpoint is there" onClose={onClose} closeLabel="Done">
        <p className="mb-3">
          Its webhooks are signed with this secret. Give it to the receiver, which checks with it that they
          come from here.
        </p>
        <SecretText text={secret} label="Copy" />
      </Dialog>
    )
  }
  return (
    <FormDialog
      title={endpoint === null ? 'New endpoint' : 'Edit the endpoint'}
      submit={endpoint === null ? 'Create the endpoint' : 'Save'}
      isPending={saving.isPending}
      error={isAboutUrl(saving.error) ? null : saving.error}
      onSubmit={() => saving.mutate()}
      onClose={onClose}
    >
      <FormFields
        form={form}
        urlError={isAboutUrl(saving.error) ? (saving.error?.message ?? null) : null}
        onChange={(part) => setForm({ ...form, ...part })}
      />
    </FormDialog>
  )
}

const formOf = (endpoint: WebhookEndpoint | null): Form => ({
  url: endpoint?.url ?? '',
  description: endpoint?.description ?? '',
  events: endpoint?.events ?? TERMINAL,
  payload: endpoint?.payload ?? 'full',
})

const isAboutUrl = (error: Error | null): boolean => error instanceof ReelayError && error.param === 'url'

type FormFieldsProps = { form: Form; urlError: string | null; onChange: (part: Partial<Form>) => void }

function FormFields({ form, urlError, onChange }: FormFieldsProps): ReactElement {
  return (
    <>
      <Field label="URL" error={urlError} hint="Absolute; it answers 2xx within 15 seconds.">
        {(input) => (
          <input
            {...input}
            type="url"
            required
            maxLength={URL_CHARACTERS_MAX}
            placeholder="https://example.com/webhooks"
            spellCheck={false}
            value={form.url}
            onChange={(event) => onChange({ url: event.currentTarget.value })}
          />
        )}
      </Field>
      <Field label="Description (optional)">
        {(input) => (
          <input
            {...input}
            maxLength={DESCRIPTION_CHARACTERS_MAX}
            value={form.description}
            onChange={(event) => onChange({ description: event.currentTarget.value })}
          />
        )}
      </Field>
      <ToggleList
        legend="Told when a video is"
        options={EVENTS}
        chosen={form.events}
        onChange={(events) => onChange({ events })}
      />
      <Field label="Each webhook carries">
        {(input) => (
          <Select
            {...input}
            value={form.payload}
            choices={PAYLOADS}
            onChoose={(payload) => onChange({ payload })}
          />
        )}
      </Field>
    </>
  )
}
