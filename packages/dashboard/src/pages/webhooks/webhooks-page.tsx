import type { WebhookEndpoint } from '@reelay/sdk'
import { useState, type ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { useSession } from '../../api/session-context.tsx'
import { useEndpoints } from '../../api/use-endpoints.ts'
import { Button } from '../../ui/button.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Loading } from '../../ui/loading.tsx'
import { PageTitle } from '../../ui/page-title.tsx'
import { useNow } from '../../use-now.ts'
import { DeliveriesSection } from './deliveries-section.tsx'
import { EndpointCard } from './endpoint-card.tsx'
import { EndpointFormDialog } from './endpoint-form-dialog.tsx'
import { SigningSecretsDialog } from './signing-secrets-dialog.tsx'

const PAUSES_MS = 10_000

/** Who is told of the project's videos, and what came of it. */
export function WebhooksPage(): ReactElement {
  const endpoints = useEndpoints()
  const [isCreating, setCreating] = useState(false)
  const newButton = (
    <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
      New endpoint
    </Button>
  )
  return (
    <>
      <PageTitle
        title="Webhooks"
        about="Addresses that hear of all videos of this project, and everything that was sent."
        actions={
          <>
            <CallbackSecretButton />
            {endpoints.data?.length === 0 ? null : newButton}
          </>
        }
      />
      {endpoints.error === null ? null : (
        <ErrorNote error={endpoints.error} onRetry={() => void endpoints.refetch()} />
      )}
      {endpoints.isPending ? <Loading what="the endpoints" /> : null}
      {endpoints.data?.length === 0 ? (
        <EmptyState icon="bell" title="No endpoint yet" actions={newButton}>
          An endpoint is told of every video of this project, with a signature. A single request can name its
          own address instead, as <code className="font-mono text-xs">callback_url</code>.
        </EmptyState>
      ) : null}
      <Endpoints endpoints={endpoints.data ?? []} />
      <DeliveriesSection endpoints={endpoints.data ?? []} />
      {isCreating ? <EndpointFormDialog endpoint={null} onClose={() => setCreating(false)} /> : null}
    </>
  )
}

function Endpoints({ endpoints }: { endpoints: readonly WebhookEndpoint[] }): ReactElement {
  const nowMs = useNow(PAUSES_MS)
  return (
    <section aria-labelledby="endpoints" className="mb-8">
      <h2 id="endpoints" className="sr-only">
        Endpoints
      </h2>
      <ul className="grid gap-4 lg:grid-cols-2">
        {endpoints.map((endpoint) => (
          <li key={endpoint.id} className="min-w-0">
            <EndpointCard endpoint={endpoint} nowMs={nowMs} />
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Webhooks to the address in a request are signed with a secret of the whole project. */
function CallbackSecretButton(): ReactElement {
  const api = useApi()
  const { project } = useSession()
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button icon="key" onClick={() => setOpen(true)}>
        Secret of callback_url
      </Button>
      {isOpen ? (
        <SigningSecretsDialog
          title="Signing secret of callback_url webhooks"
          read={() => api.projects.webhookSecrets(project)}
          rotate={async (overlapSeconds) =>
            (await api.projects.rotateWebhookSecret(project, { overlapSeconds })).secret
          }
          onClose={() => setOpen(false)}
        />
      ) : null}
    </>
  )
}
