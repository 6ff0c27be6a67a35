import type { WebhookSecret } from '@reelay/sdk'
import { useMutation } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { formatDateTime } from '../../format.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Field } from '../../ui/field.tsx'
import { FormDialog } from '../../ui/form-dialog.tsx'
import { SecretText } from '../../ui/secret-text.tsx'
import { Select } from '../../ui/select.tsx'
import { spansBetween } from '../../ui/spans.ts'

type SigningSecretsDialogProps = {
  /** Whose webhooks are signed. */
  title: string
  read: () => Promise<WebhookSecret[]>
  /** Resolves with the new one. */
  rotate: (overlapSeconds: number) => Promise<string>
  onClose: () => void
}

const OVERLAPS = spansBetween(0, 604_800)
const DAY = '86400'

/** Shows what signs webhooks now, and makes a new one. Nothing is fetched before it is asked for. */
export function SigningSecretsDialog({
  title,
  read,
  rotate,
  onClose,
}: SigningSecretsDialogProps): ReactElement {
  const [overlap, setOverlap] = useState(DAY)
  const reading = useMutation({ mutationFn: read })
  const rotating = useMutation({ mutationFn: () => rotate(Number(overlap)) })
  if (rotating.data !== undefined) {
    return (
      <Dialog title="The new signing secret" onClose={onClose} closeLabel="Done">
        <p className="mb-3">Give it to the receiver. {overlapWords(overlap)}</p>
        <SecretText text={rotating.data} label="Copy" />
      </Dialog>
    )
  }
  return (
    <FormDialog
      title={title}
      submit="Rotate the secret"
      isPending={rotating.isPending}
      error={rotating.error}
      onSubmit={() => rotating.mutate()}
      onClose={onClose}
    >
      <LiveSecrets secrets={reading.data} error={reading.error} onShow={() => reading.mutate()} />
      <Field
        label="The secret before goes on signing for"
        hint="Meanwhile each webhook has a signature of both, so that the receiver can change over. At once: for a secret that has leaked."
      >
        {(input) => <Select {...input} value={overlap} choices={OVERLAPS} onChoose={setOverlap} />}
      </Field>
    </FormDialog>
  )
}

const overlapWords = (overlap: string): string =>
  overlap === '0'
    ? 'The one before has stopped signing.'
    : `The one before goes on signing for ${OVERLAPS.find(({ value }) => value === overlap)?.label ?? 'a while'}.`

type LiveSecretsProps = {
  secrets: readonly WebhookSecret[] | undefined
  error: Error | null
  onShow: () => void
}

function LiveSecrets({ secrets, error, onShow }: LiveSecretsProps): ReactElement {
  if (error !== null) return <ErrorNote error={error} />
  if (secrets === undefined) {
    return (
      <div>
        <Button icon="key" onClick={onShow}>
          Show what signs now
        </Button>
      </div>
    )
  }
  return (
    <ul className="flex flex-col gap-3">
      {secrets.map(({ secret, created_at: createdAt, expires_at: expiresAt }) => (
        <li key={secret}>
          <SecretText text={secret} label="Copy" />
          <p className="mt-1 text-xs text-muted">
            Made {formatDateTime(createdAt)}
            {expiresAt === null ? '' : `, signs until ${formatDateTime(expiresAt)}`}
          </p>
        </li>
      ))}
    </ul>
  )
}
