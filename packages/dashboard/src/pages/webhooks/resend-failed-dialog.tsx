import type { WebhookEndpoint } from '@reelay/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { useApi } from '../../api/api-context.tsx'
import { queryKeys } from '../../api/query-keys.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { Select } from '../../ui/select.tsx'
import { spansBetween } from '../../ui/spans.ts'

const SPANS = spansBetween(3_600, 2_592_000).map(({ value, label }) => ({
  value,
  label: `In the last ${label.replace(/^1 /, '')}`,
}))
const DAY = '86400'

type ResendFailedDialogProps = { endpoint: WebhookEndpoint; onClose: () => void }

export function ResendFailedDialog({ endpoint, onClose }: ResendFailedDialogProps): ReactElement {
  const api = useApi()
  const queries = useQueryClient()
  const [span, setSpan] = useState(DAY)
  const resending = useMutation({
    mutationFn: () =>
      api.endpoints.resendFailed(endpoint.id, { since: new Date(Date.now() - Number(span) * 1_000) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.allDeliveries }),
  })
  if (resending.data !== undefined) {
    return (
      <Dialog title={countWords(resending.data)} onClose={onClose} closeLabel="Done">
        <p>The deliveries below say what comes of it.</p>
      </Dialog>
    )
  }
  return (
    <FormDialog
      title="Send again what did not arrive?"
      submit="Send again"
      isPending={resending.isPending}
      error={resending.error}
      onSubmit={() => resending.mutate()}
      onClose={onClose}
    >
      <p className="text-muted">
        Everything that is exhausted or cancelled starts its whole schedule anew, with the same event id, so
        that a receiver that has handled it knows it. At most 10 000 at a time.
      </p>
      <Field label="Made">
        {(input) => <Select {...input} value={span} choices={SPANS} onChoose={setSpan} />}
      </Field>
    </FormDialog>
  )
}

function countWords(count: number): string {
  if (count === 0) return 'Nothing had failed in that time'
  return count === 1 ? '1 delivery is on its way again' : `${count} deliveries are on their way again`
}
