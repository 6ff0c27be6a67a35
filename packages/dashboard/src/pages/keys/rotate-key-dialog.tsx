import type { ApiKey } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { Field } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Select } from '../../ui/select.tsx'
import { spansBetween } from '../../ui/spans.ts'
import { EXPIRIES, expiryOf } from './expiries.ts'
import { NewKeyDialog } from './new-key-dialog.tsx'

const OVERLAPS = spansBetween(0, 2_592_000)
const DAY = '86400'

type RotateKeyDialogProps = { old: ApiKey; isOwn: boolean; onClose: () => void }

/** Makes a key in the place of another one, which goes on for a while. */
export function RotateKeyDialog({ old, isOwn, onClose }: RotateKeyDialogProps): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const [overlap, setOverlap] = useState(DAY)
  const [expiry, setExpiry] = useState('')
  const rotating = useMutation({
    mutationFn: () => api.keys.rotate(old.id, { overlapSeconds: Number(overlap), ...expiryOf(expiry) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.keys }),
  })
  if (rotating.data !== undefined) return <NewKeyDialog made={rotating.data} onClose={onClose} />
  return (
    <FormDialog
      title={`Rotate “${old.name}”?`}
      submit="Make the new key"
      isPending={rotating.isPending}
      error={rotating.error}
      onSubmit={() => rotating.mutate()}
      onClose={onClose}
    >
      <p className="text-muted">
        The new key may do the same, in the same project.
        {isOwn ? ' You are signed in with the old one: its end ends this session.' : ''}
      </p>
      <Field label="The old key ends" hint="At once: for a key that has leaked.">
        {(input) => (
          <Select
            {...input}
            value={overlap}
            choices={OVERLAPS.map(({ value, label }) => ({
              value,
              label: value === '0' ? label : `After ${label}`,
            }))}
            onChoose={setOverlap}
          />
        )}
      </Field>
      <Field label="The new key expires">
        {(input) => <Select {...input} value={expiry} choices={EXPIRIES} onChoose={setExpiry} />}
      </Field>
    </FormDialog>
  )
}
