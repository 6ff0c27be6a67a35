import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WebhookDelivery } from '@reelay/sdk'
import { deliveryPace } from './delivery-pace.ts'

const NOW = 1_790_000_000

const delivery = (nextAt: number | null): WebhookDelivery => ({
  id: 'dlv_1',
  object: 'webhook_delivery',
  event_id: 'evt_1',
  type: 'video.completed',
  sequence: 3,
  video: 'video_1',
  endpoint: null,
  url: 'https://shop.example/hooks',
  status: nextAt === null ? 'delivered' : 'pending',
  attempts: 1,
  next_attempt_at: nextAt,
  created_at: NOW,
  ended_at: nextAt === null ? NOW : null,
})

test('what has ended is not looked at again; what is under way is, and what waits for hours seldom', () => {
  const paceOf = (...deliveries: WebhookDelivery[]): number | false => deliveryPace(deliveries, NOW * 1_000)
  assert.equal(paceOf(), false)
  assert.equal(paceOf(delivery(null)), false)
  // Being sent: it says when it would be taken up again.
  assert.equal(paceOf(delivery(null), delivery(NOW + 60)), 2_000)
  assert.equal(paceOf(delivery(NOW + 7_200)), 20_000)
  assert.equal(paceOf(delivery(NOW + 7_200), delivery(NOW)), 2_000)
})
