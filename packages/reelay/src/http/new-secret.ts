import type { SealedSecret, SecretRotation } from '../store/webhook-store.ts'
import { makeSecret, OVERLAP_MS_DEFAULT, SECRETS_LIVE_MAX } from '../webhooks/webhook-secret.ts'
import type { Shared } from './exchange.ts'

export type NewSecret = { plain: string; sealed: SealedSecret }

/** @param purpose what the vault seals it for */
export function newSecret(
  { vault, clock, ids }: Pick<Shared, 'vault' | 'clock' | 'ids'>,
  purpose: string,
): NewSecret {
  const plain = makeSecret(ids)
  return {
    plain,
    sealed: { sealed: vault.seal(plain, purpose), createdAtMs: clock.nowMs(), expiresAtMs: null },
  }
}

/** @param overlapSeconds how long the secrets before it go on signing; undefined: a day */
export const rotationTo = ({ sealed }: NewSecret, overlapSeconds: number | undefined): SecretRotation => ({
  secret: sealed,
  expireAtMs:
    sealed.createdAtMs + (overlapSeconds === undefined ? OVERLAP_MS_DEFAULT : overlapSeconds * 1_000),
  liveMax: SECRETS_LIVE_MAX,
})
