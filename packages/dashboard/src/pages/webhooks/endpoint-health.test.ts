import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WebhookEndpoint } from '@reelay/sdk'
import { endpointHealth } from './endpoint-health.ts'

const NOW_MS = 1_790_000_000_000
const NOW = NOW_MS / 1_000

type Health = WebhookEndpoint['health']

const endpoint = (
  health: Partial<Health>,
  disabledReason: WebhookEndpoint['disabled_reason'] = null,
): WebhookEndpoint => ({
  id: 'ep_1',
  object: 'webhook_endpoint',
  url: 'https://shop.example/hooks',
  description: null,
  events: ['video.completed'],
  payload: 'full',
  enabled: disabledReason === null,
  disabled_reason: disabledReason,
  health: { failures: 0, failing_since: null, paused_until: null, ...health },
  created_at: NOW - 1_000,
})

test('one that works has nothing to say', () => {
  assert.deepEqual(endpointHealth(endpoint({}), NOW_MS), { label: 'Enabled', tone: 'good', about: null })
})

test('failures say since when; an open circuit says until when, and only for as long as it is open', () => {
  const failing = endpointHealth(endpoint({ failures: 1, failing_since: NOW - 60 }), NOW_MS)
  assert.equal(failing.label, 'Failing')
  assert.match(failing.about ?? '', /^The last attempt failed since \d/)
  const open = endpoint({ failures: 12, failing_since: NOW - 600, paused_until: NOW + 5 })
  assert.equal(endpointHealth(open, NOW_MS).label, 'Paused')
  assert.match(endpointHealth(open, NOW_MS).about ?? '', /^The last 12 attempts failed .* open until/)
  assert.equal(endpointHealth(open, NOW_MS + 6_000).label, 'Failing')
})

test('a disabled one says why, whatever failed before', () => {
  const health = { failures: 12, failing_since: NOW - 600 }
  assert.match(endpointHealth(endpoint(health, 'gone'), NOW_MS).about ?? '', /410/)
  assert.match(endpointHealth(endpoint(health, 'failing'), NOW_MS).about ?? '', /five days/)
  assert.equal(endpointHealth(endpoint(health, 'manual'), NOW_MS).tone, 'plain')
})
