import type { WebhookEndpoint } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { FormDialog } from '../../ui/form-dialog.tsx'

type ToggleEndpointDialogProps = { endpoint: WebhookEndpoint; onClose: () => void }

export function ToggleEndpointDialog({ endpoint, onClose }: ToggleEndpointDialogProps): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const { enabled } = endpoint
  const toggling = useMutation({
    mutationFn: () => api.endpoints.update(endpoint.id, { enabled: !enabled }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: queryKeys.endpoints })
      void queries.invalidateQueries({ queryKey: queryKeys.allDeliveries })
      onClose()
    },
  })
  return (
    <FormDialog
      title={enabled ? 'Disable this endpoint?' : 'Enable this endpoint?'}
      submit={enabled ? 'Disable it' : 'Enable it'}
      kind={enabled ? 'danger' : 'primary'}
      isPending={toggling.isPending}
      error={toggling.error}
      onSubmit={() => toggling.mutate()}
      onClose={onClose}
    >
      <p className="text-muted">
        {enabled
          ? 'What waits for it is cancelled, and nothing that happens meanwhile is written down for it.'
          : 'It starts with a clean record. What happened meanwhile was not written down for it: read the videos instead.'}
      </p>
    </FormDialog>
  )
}
