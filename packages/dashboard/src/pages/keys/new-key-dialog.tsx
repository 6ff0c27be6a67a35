import type { ApiKey } from '@reelay/sdk'
import type { ReactElement, ReactNode } from 'react'
import { Dialog } from '../../ui/dialog.tsx'
import { SecretText } from '../../ui/secret-text.tsx'

type NewKeyDialogProps = { made: ApiKey; onClose: () => void; children?: ReactNode }

/** The only time that a key is shown: the gateway keeps no more than its hash. */
export function NewKeyDialog({ made, onClose, children }: NewKeyDialogProps): ReactElement {
  return (
    <Dialog title={`The key “${made.name}”`} onClose={onClose} closeLabel="Done">
      <p className="mb-3">
        Copy it now: it is shown this once, and cannot be read again. Whoever has it may do what it may.
      </p>
      <SecretText text={made.key ?? ''} label="Copy" />
      {children}
    </Dialog>
  )
}
