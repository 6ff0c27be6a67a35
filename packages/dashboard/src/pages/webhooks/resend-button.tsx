import type { WebhookDelivery } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'

const LABEL = 'Send again'

type ResendButtonProps = {
  delivery: WebhookDelivery
  /** Only a picture, for a row of many. */
  isSmall?: boolean
}

/** Sends an ended delivery again. One that is pending goes by itself. */
export function ResendButton({ delivery, isSmall = false }: ResendButtonProps): ReactElement | null {
  const api = useApi()
  const queries = useQueryClient()
  const resending = useMutation({
    mutationFn: () => api.deliveries.resend(delivery.id),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: queryKeys.delivery(delivery.id) })
      void queries.invalidateQueries({ queryKey: queryKeys.allDeliveries })
    },
  })
  if (delivery.status === 'pending') return null
  return (
    <>
      <Button
        kind={isSmall ? 'quiet' : 'plain'}
        icon="again"
        className={isSmall ? '-my-2 px-2' : undefined}
        title={isSmall ? LABEL : undefined}
        disabled={resending.isPending}
        onClick={() => resending.mutate()}
      >
        <span className={isSmall ? 'sr-only' : undefined}>{LABEL}</span>
      </Button>
      {resending.error === null ? null : <ErrorNote error={resending.error} />}
    </>
  )
}
