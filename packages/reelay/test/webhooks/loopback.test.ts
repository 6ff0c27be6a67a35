import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openGateway } from '../e2e/open-gateway.ts'

async function statusOf(environment: Readonly<Record<string, string>>): Promise<number> {
  const gateway = await openGateway({ REELAY_PROVIDERS: 'local', ...environment })
  try {
    const response = await fetch(`${gateway.url}/v1/endpoints`, {
      method: 'POST',
      headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ url: 'http://127.0.0.1:9999/hook' }),
    })
    await response.arrayBuffer()
    return response.status
  } finally {
    await gateway.stop()
  }
}

test('webhooks may go to loopback on a machine of one’s own', async () => {
  assert.equal(await statusOf({}), 200)
  assert.equal(await statusOf({ REELAY_PUBLIC_URL: 'http://localhost:7373' }), 200)
})

test('behind a proxy or a public name they may not, unless the operator says so', async () => {
  const published = { REELAY_PUBLIC_URL: 'https://video.example' }
  assert.equal(await statusOf(published), 400)
  assert.equal(await statusOf({ REELAY_TRUST_PROXY: '1' }), 400)
  assert.equal(await statusOf({ ...published, REELAY_ALLOW_HOSTS: '127.0.0.1:9999' }), 200)
})
