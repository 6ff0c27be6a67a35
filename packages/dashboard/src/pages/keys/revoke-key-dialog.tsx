import type { ApiKey } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'

type RevokeKeyDialogProps = { apiKey: ApiKey; isOwn: boolean; onClose: () => void }

export function RevokeKeyDialog({ apiKey, isOwn, onClose }: RevokeKeyDialogProps): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const revoking = useMutation({
    mutationFn: () => api.keys.revoke(apiKey.id),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: isOwn ? queryKeys.session : queryKeys.keys })
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Revoke “${apiKey.name}”?`}
      submit="Revoke for good"
      kind="danger"
      isPending={revoking.isPending}
      error={revoking.error}
      onSubmit={() => revoking.mutate()}
      onClose={onClose}
    >
      <p className="text-muted">
        Requests with it are refused from now on. Videos that it has asked for go on.
        {isOwn ? ' You are signed in with it: this signs you out.' : ''}
      </p>
    </FormDialog>
  )
}
