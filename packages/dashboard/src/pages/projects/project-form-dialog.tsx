import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { Field } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'

const NAME_CHARACTERS_MAX = 200

export function ProjectFormDialog({ onClose }: { onClose: () => void }): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const creating = useMutation({
    mutationFn: () => api.projects.create({ name }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: queryKeys.projects })
      onClose()
    },
  })
  return (
    <FormDialog
      title="New project"
      submit="Create the project"
      isPending={creating.isPending}
      error={creating.error}
      onSubmit={() => creating.mutate()}
      onClose={onClose}
    >
      <p className="text-muted">
        It has its own videos, keys, webhooks and limits, and reaches nothing of another one. It cannot be
        deleted.
      </p>
      <Field label="Name">
        {(input) => (
          <input
            {...input}
            required
            maxLength={NAME_CHARACTERS_MAX}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
      </Field>
    </FormDialog>
  )
}
