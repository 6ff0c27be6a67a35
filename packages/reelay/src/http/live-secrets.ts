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
  return secrets
    .filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
    .map(({ sealed, createdAtMs, expiresAtMs }) => ({
      object: 'webhook_secret',
      secret: opened(vault, sealed, purpose),
      created_at: unixSeconds(createdAtMs),
      expires_at: unixSeconds(expiresAtMs),
    }))
}

function opened(vault: Shared['vault'], sealed: string, purpose: string): string {
  try {
    return vault.open(sealed, purpose)
  } catch (cause) {
    if (!(cause instanceof VaultLocked)) throw cause
    const message =
      'A stored secret cannot be opened: REELAY_SECRET is not the one that sealed it. ' +
      'Set REELAY_SECRET_PREVIOUS to the old one and start the gateway again, or rotate with overlap 0.'
    throw new ApiError('secret_locked', message, { cause })
  }
}
