import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import OpenAI, { InvalidWebhookSignatureError } from 'openai'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { Receiver, type Received } from '../webhooks/receiver.ts'
import { spawnExpress } from '../webhooks/spawn-express.ts'
import { WebhookGateway } from '../webhooks/webhook-gateway.ts'

const TIMEOUT = { timeout: 30_000 }
const client = new OpenAI({ apiKey: 'none' })

/** Both libraries, as a receiver that got it at that time would use them. */
async function verify(
  t: TestContext,
  { raw, headers }: Received,
  { secret, atMs = Date.now() }: { secret: string; atMs?: number },
): Promise<object> {
  const date = t.mock.method(Date, 'now', () => atMs)
  try {
    const event = new Webhook(secret).verify(raw, headers) as object
    // The time is looked at before anything is waited for.
    const unwrapped: object = await client.webhooks.unwrap(raw, headers, secret)
    assert.deepEqual(unwrapped, event)
    return event
  } finally {
    date.mock.restore()
  }
}

/** Neither library takes it. */
async function assertRefused(
  t: TestContext,
  { raw, headers }: Received,
  { secret, atMs = Date.now() }: { secret: string; atMs?: number },
): Promise<void> {
  const date = t.mock.method(Date, 'now', () => atMs)
  try {
    assert.throws(() => new Webhook(secret).verify(raw, headers), WebhookVerificationError)
    await assert.rejects(client.webhooks.unwrap(raw, headers, secret), InvalidWebhookSignatureError)
  } finally {
    date.mock.restore()
  }
}

test("C55 the documented page's Express handler prints the task and its status", TIMEOUT, async () => {
  await using app = await spawnExpress()
  await using gateway = await WebhookGateway.open()
  const id = await gateway.create({ callback_url: app.url })
  assert.equal(await app.line(), `Task ID: ${id}`)
  assert.equal(await app.line(), 'Status: completed')
  const { state, log } = await gateway.logged(1)
  assert.deepEqual([state, log[0]?.responseBody], ['delivered', '{"received":true}'])
})

test(
  'C56 client.webhooks.unwrap and standardwebhooks verify a delivery, before, during and after a rotation',
  TIMEOUT,
  async (t) => {
    await using receiver = await Receiver.open()
    await using gateway = await WebhookGateway.open()
    const { id: endpointId, secret: old } = await gateway.endpoint(receiver.url)
    const id = await gateway.create()
    const before = await receiver.nth(1)
    assert.partialDeepStrictEqual(await verify(t, before, { secret: old }), {
      id: before.headers['webhook-id'],
      type: 'video.completed',
      task_id: id,
      status: 'completed',
      data: { id, object: 'video', status: 'completed' },
    })

    const fresh = await gateway.rotate(`/v1/endpoints/${endpointId}/rotate-secret`, 60)
    await gateway.create()
    const during = await receiver.nth(2)
    await verify(t, during, { secret: old })
    await verify(t, during, { secret: fresh })

    gateway.clock.jump(61_000)
    await gateway.create()
    const after = await receiver.nth(3)
    await verify(t, after, { secret: fresh, atMs: gateway.clock.nowMs() })
    await assertRefused(t, after, { secret: old, atMs: gateway.clock.nowMs() })
  },
)

test(
  'C56 a callback_url is signed with the secret of its project; another, an old or a changed one is refused',
  TIMEOUT,
  async (t) => {
    await using receiver = await Receiver.open()
    await using gateway = await WebhookGateway.open()
    const id = await gateway.create({ callback_url: receiver.url })
    const received = await receiver.nth(1)
    const secret = await gateway.projectSecret()
    assert.partialDeepStrictEqual(await verify(t, received, { secret }), { task_id: id })
    const other = `whsec_${Buffer.alloc(32).toString('base64')}`
    await assertRefused(t, received, { secret: other })
    await assertRefused(t, { ...received, raw: received.raw.replace('completed', 'failed') }, { secret })
    await assertRefused(t, received, { secret, atMs: Date.now() + 302_000 })

    const fresh = await gateway.rotate('/v1/projects/default/rotate-webhook-secret', 60)
    await gateway.create({ callback_url: receiver.url })
    const rotated = await receiver.nth(2)
    for (const either of [secret, fresh]) await verify(t, rotated, { secret: either })
  },
)

test(
  'C57 a delivery that is retried after ten minutes has the same id, a new time, and verifies',
  TIMEOUT,
  async (t) => {
    await using receiver = await Receiver.open((response, call) => {
      response.writeHead(call === 1 ? 500 : 204).end()
    })
    await using gateway = await WebhookGateway.open({ REELAY_WEBHOOK_SCHEDULE: '0s,10m' })
    const { secret } = await gateway.endpoint(receiver.url)
    await gateway.create()
    const first = await receiver.nth(1)
    await gateway.logged(1)
    gateway.clock.jump(12 * 60_000)
    const second = await receiver.nth(2)
    assert.equal(second.headers['webhook-id'], first.headers['webhook-id'])
    const waited = Number(second.headers['webhook-timestamp']) - Number(first.headers['webhook-timestamp'])
    assert.ok(waited >= 12 * 60 && waited < 13 * 60, `${waited} s`)
    assert.notEqual(second.headers['webhook-signature'], first.headers['webhook-signature'])
    const event = await verify(t, second, { secret, atMs: gateway.clock.nowMs() })
    assert.deepEqual({ ...event, result: null, data: null }, { ...first.event, result: null, data: null })
    const { state, log } = await gateway.logged(2)
    assert.deepEqual([state, log.map(({ status }) => status)], ['delivered', [500, 204]])
  },
)
