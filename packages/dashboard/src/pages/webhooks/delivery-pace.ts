import type { WebhookDelivery } from '@reelay/sdk'

/** One that is being sent says when it would be taken up again if nothing came of that: some of a minute. */
const SOON_SECONDS = 90
const SOON_MS = 2_000
const LATER_MS = 20_000

/** When to look at deliveries again: soon while one is about to be tried. False: they have all ended. */
export function deliveryPace(deliveries: readonly WebhookDelivery[], nowMs: number): number | false {
  const pending = deliveries.filter(({ status }) => status === 'pending')
  if (pending.length === 0) return false
  const isSoon = pending.some(
    ({ next_attempt_at: nextAt }) => nextAt === null || nextAt <= nowMs / 1_000 + SOON_SECONDS,
  )
  return isSoon ? SOON_MS : LATER_MS
}
