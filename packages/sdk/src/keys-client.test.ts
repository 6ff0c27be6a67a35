import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json } from '../test/fake-fetch.ts'
import { testClient } from '../test/test-client.ts'

const key = {
  id: 'key_2',
  object: 'api_key',
  name: 'ci',
  project: 'films',
  scopes: ['read'],
  profile: 'comet',
  created_at: 9,
  last_used_at: null,
  expires_at: null,
  replaces: 'key_1',
  key: 'rk_new',
}

const bodies = (fetch: { sent: readonly { text: string | undefined }[] }) =>
  fetch.sent.map(({ text }) => JSON.parse(text ?? 'null') as unknown)

test('rotate answers the new key and names the one that it replaces', async () => {
  const { client, fetch } = testClient(() => json(key))
  assert.deepEqual(await client.keys.rotate('key_1'), key)
  await client.keys.rotate('key_1', { overlapSeconds: 0, expiresInSeconds: 60 })
  assert.deepEqual(
    fetch.sent.map(({ method, url }) => `${method} ${url.pathname}`),
    ['POST /v1/keys/key_1/rotate', 'POST /v1/keys/key_1/rotate'],
  )
  assert.deepEqual(bodies(fetch), [{}, { overlap: 0, expires_in: 60 }])
  await assert.rejects(client.keys.rotate(''), { code: 'invalid_argument' })
})

test('an expiry is given in seconds, as a date, or as unix seconds', async () => {
  const { client, fetch } = testClient(() => json(key))
  await client.keys.create({ name: 'a', expiresInSeconds: 3_600 })
  await client.keys.create({ name: 'b', expiresAt: new Date(1_790_000_000_999) })
  await client.keys.create({ name: 'c', expiresAt: 1_790_000_000, scopes: ['read'], profile: 'openai' })
  assert.deepEqual(bodies(fetch), [
    { name: 'a', expires_in: 3_600 },
    { name: 'b', expires_at: 1_790_000_000 },
    { name: 'c', expires_at: 1_790_000_000, scopes: ['read'], profile: 'openai' },
  ])
})

test('a rotation is not repeated when its answer was lost', async () => {
  const { client, fetch } = testClient(() => json({}, 503))
  await assert.rejects(client.keys.rotate('key_1'), { status: 503 })
  assert.equal(fetch.sent.length, 1)
})
