import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProviderAccount } from '../../api/provider-accounts.ts'
import { accountState } from './account-state.ts'

const NOW_MS = 1_790_000_000_000

const account = (fields: Partial<ProviderAccount>): ProviderAccount => ({
  provider: 'cometapi',
  account: 'cometapi',
  configured: true,
  pausedUntil: null,
  pauseReason: null,
  inFlight: 0,
  inFlightMax: 20,
  callbacks: false,
  callbackUrl: null,
  check: { ok: true, detail: '' },
  ...fields,
})

test('the worst of what is known of an account comes first', () => {
  const labelOf = (fields: Partial<ProviderAccount>): string => accountState(account(fields), NOW_MS).label
  const pausedUntil = NOW_MS / 1_000 + 60
  const check = { ok: false, detail: 'the key was refused' }
  assert.equal(labelOf({}), 'Ready')
  assert.equal(labelOf({ check: null }), 'Ready, not checked')
  assert.equal(labelOf({ check }), 'Check failed')
  assert.equal(labelOf({ check, pausedUntil }), 'Paused')
  assert.equal(labelOf({ pausedUntil: NOW_MS / 1_000 }), 'Ready')
  assert.equal(labelOf({ configured: false, check: null, pausedUntil }), 'Not set up')
})
