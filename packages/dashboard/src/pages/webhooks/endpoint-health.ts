import type { WebhookEndpoint } from '@reelay/sdk'
import { formatDateTime } from '../../format.ts'
import type { Tone } from '../../ui/badge.tsx'

export type EndpointHealth = {
  label: string
  tone: Tone
  /** What that means, and what to do; null when all is well. */
  about: string | null
}

const REASONS = {
  manual: 'Nothing is sent to it, and nothing is kept for it.',
  gone: 'It answered 410, so it was disabled. Enable it once it is there again.',
  failing: 'Nothing reached it for five days, so it was disabled. Enable it once it works again.',
} as const

/** How an address fares, in words. */
export function endpointHealth(endpoint: WebhookEndpoint, nowMs: number): EndpointHealth {
  const { disabled_reason: reason, health } = endpoint
  if (!endpoint.enabled) {
    return {
      label: 'Disabled',
      tone: reason === 'manual' ? 'plain' : 'bad',
      about: REASONS[reason ?? 'manual'],
    }
  }
  if (health.failures === 0) return { label: 'Enabled', tone: 'good', about: null }
  const since = health.failing_since === null ? '' : ` since ${formatDateTime(health.failing_since)}`
  const failures = health.failures === 1 ? 'The last attempt' : `The last ${health.failures} attempts`
  const about = `${failures} failed${since}.`
  const { paused_until: pausedUntil } = health
  if (pausedUntil !== null && pausedUntil * 1_000 > nowMs) {
    return {
      label: 'Paused',
      tone: 'bad',
      about: `${about} Its circuit is open until ${formatDateTime(pausedUntil)}; then one at a time is tried.`,
    }
  }
  return { label: 'Failing', tone: 'waiting', about: `${about} What did not arrive is tried again.` }
}
