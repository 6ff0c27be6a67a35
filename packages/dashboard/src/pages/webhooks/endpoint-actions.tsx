import type { WebhookEndpoint } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { Link } from 'wouter'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { DeleteEndpointDialog } from './delete-endpoint-dialog.tsx'
import { EndpointFormDialog } from './endpoint-form-dialog.tsx'
import { ResendFailedDialog } from './resend-failed-dialog.tsx'
import { SigningSecretsDialog } from './signing-secrets-dialog.tsx'
import { ToggleEndpointDialog } from './toggle-endpoint-dialog.tsx'

type Asking = 'edit' | 'secrets' | 'resend' | 'toggle' | 'delete' | null

/** All that can be done with an endpoint. */
export function EndpointActions({ endpoint }: { endpoint: WebhookEndpoint }): ReactElement {
  const [asking, setAsking] = useState<Asking>(null)
  return (
    <div className="mt-auto flex flex-col gap-3 border-t border-line pt-3">
      <div className="flex flex-wrap gap-2">
        {endpoint.enabled ? <TestButton id={endpoint.id} /> : null}
        <Button icon="edit" onClick={() => setAsking('edit')}>
          Edit
        </Button>
        <Button icon="key" onClick={() => setAsking('secrets')}>
          Signing secret
        </Button>
        {endpoint.enabled ? (
          <Button icon="again" onClick={() => setAsking('resend')}>
            Send failed again
          </Button>
        ) : null}
        <Button icon={endpoint.enabled ? 'pause' : 'play'} onClick={() => setAsking('toggle')}>
          {endpoint.enabled ? 'Disable' : 'Enable'}
        </Button>
        <Button kind="danger" icon="trash" onClick={() => setAsking('delete')}>
          Delete
        </Button>
      </div>
      <EndpointDialog endpoint={endpoint} asking={asking} onClose={() => setAsking(null)} />
    </div>
  )
}

type EndpointDialogProps = { endpoint: WebhookEndpoint; asking: Asking; onClose: () => void }

function EndpointDialog({ endpoint, asking, onClose }: EndpointDialogProps): ReactElement | null {
  const api = useApi()
  switch (asking) {
    case null:
      return null
    case 'edit':
      return <EndpointFormDialog endpoint={endpoint} onClose={onClose} />
    case 'secrets':
      return (
        <SigningSecretsDialog
          title="Signing secret of the endpoint"
          read={() => api.endpoints.secrets(endpoint.id)}
          rotate={async (overlapSeconds) =>
            (await api.endpoints.rotateSecret(endpoint.id, { overlapSeconds })).secret ?? ''
          }
          onClose={onClose}
        />
      )
    case 'resend':
      return <ResendFailedDialog endpoint={endpoint} onClose={onClose} />
    case 'toggle':
      return <ToggleEndpointDialog endpoint={endpoint} onClose={onClose} />
    case 'delete':
      return <DeleteEndpointDialog endpoint={endpoint} onClose={onClose} />
  }
}

function TestButton({ id }: { id: string }): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const testing = useMutation({
    mutationFn: () => api.endpoints.test(id),
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.allDeliveries }),
  })
  return (
    <>
      <Button icon="send" disabled={testing.isPending} onClick={() => testing.mutate()}>
        Send test event
      </Button>
      {testing.data === undefined ? null : (
        <output className="flex items-center text-sm">
          <Link href={`/webhooks/deliveries/${testing.data.id}`} className="font-medium text-accent">
            See what came of it
          </Link>
        </output>
      )}
      {testing.error === null ? null : <ErrorNote error={testing.error} />}
    </>
  )
}
