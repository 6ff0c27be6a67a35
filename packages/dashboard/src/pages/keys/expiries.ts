import type { KeyExpiry } from '@reelay/sdk'
import type { Choice } from '../../ui/select.tsx'
import { spansBetween } from '../../ui/spans.ts'

/** When a new key ends. */
export const EXPIRIES: readonly Choice[] = [
  { value: '', label: 'Never' },
  ...spansBetween(3_600, 31_536_000).map(({ value, label }) => ({ value, label: `In ${label}` })),
]

export const expiryOf = (chosen: string): KeyExpiry =>
  chosen === '' ? {} : { expiresInSeconds: Number(chosen) }
