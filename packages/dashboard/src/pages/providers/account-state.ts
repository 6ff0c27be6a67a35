import type { ProviderAccount } from '../../api/provider-accounts.ts'
import type { Tone } from '../../ui/badge.tsx'

export type AccountState = { label: string; tone: Tone }

/** The one thing that matters most about an account now. */
export function accountState(account: ProviderAccount, nowMs: number): AccountState {
  if (!account.configured) return { label: 'Not set up', tone: 'bad' }
  if (isPaused(account, nowMs)) return { label: 'Paused', tone: 'waiting' }
  if (account.check?.ok === false) return { label: 'Check failed', tone: 'bad' }
  return { label: account.check === null ? 'Ready, not checked' : 'Ready', tone: 'good' }
}

export const isPaused = ({ pausedUntil }: ProviderAccount, nowMs: number): boolean =>
  pausedUntil !== null && pausedUntil * 1_000 > nowMs
