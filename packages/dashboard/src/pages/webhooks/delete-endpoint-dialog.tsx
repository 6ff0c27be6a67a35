import type { WebhookEndpoint } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'

type DeleteEndpointDialogProps = { endpoint: WebhookEndpoint; onClose: () => void }

export function DeleteEndpointDialog({ endpoint, onClose }: DeleteEndpointDialogProps): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const deleting = useMutation({
    mutationFn: () => api.endpoints.delete(endpoint.id),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: queryKeys.endpoints })
      void queries.invalidateQueries({ queryKey: queryKeys.allDeliveries })
      onClose()
    },
  })
  return (
    <FormDialog
      title="Delete this endpoint?"
      submit="Delete for good"
      kind="danger"
      isPending={deleting.isPending}
      error={deleting.error}
      onSubmit={() => deleting.mutate()}
      onClose={onClose}
    >
      <p className="text-muted">
        What waits for <code className="font-mono text-xs break-all">{endpoint.url}</code> is cancelled, and
        its secret signs nothing any more.
      </p>
    </FormDialog>
  )
}
