import type { WebhookSecret } from '@reelay/sdk'
import type { SealedSecret } from '../store/webhook-store.ts'
import { VaultLocked } from '../system/vault.ts'
import { ApiError } from './api-error.ts'
import type { Shared } from './exchange.ts'
import { unixSeconds } from './unix-seconds.ts'

/**
 * The secrets that sign now, opened, the newest first.
 * @param purpose what the vault sealed them for
 * @throws ApiError `secret_locked` when REELAY_SECRET has changed since
 */
export function liveSecrets(
  { vault, clock }: Pick<Shared, 'vault' | 'clock'>,
  secrets: readonly SealedSecret[],
  purpose: string,
): WebhookSecret[] {
  const nowMs = clock.nowMs()
  const live = secrets.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
  const shown = live.flatMap(({ sealed, createdAtMs, expiresAtMs }): WebhookSecret[] => {
    const secret = opened(vault, sealed, purpose)
    if (secret === undefined) return []
    const times = { created_at: unixSeconds(createdAtMs), expires_at: unixSeconds(expiresAtMs) }
    return [{ object: 'webhook_secret', secret, ...times }]
  })
  // After a rotation the new one signs, whatever became of the old one.
  if (shown.length > 0 || live.length === 0) return shown
  const message =
    'No stored secret can be opened: REELAY_SECRET is not the one that sealed them. ' +
    'Set REELAY_SECRET_PREVIOUS to the old one and start the gateway again, or rotate the secret.'
  throw new ApiError('secret_locked', message)
}

/** Undefined for one that another REELAY_SECRET sealed. */
function opened(vault: Shared['vault'], sealed: string, purpose: string): string | undefined {
  try {
    return vault.open(sealed, purpose)
  } catch (error) {
    if (error instanceof VaultLocked) return undefined
    throw error
  }
}
