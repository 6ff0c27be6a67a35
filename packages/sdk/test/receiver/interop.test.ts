import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { Webhook } from 'standardwebhooks'
import { verifySignature } from '../../src/receiver/verify-signature.ts'
import { verifyWebhook } from '../../src/receiver/verify-webhook.ts'
import { SECRET, signWebhook } from './sign-webhook.ts'
import { webhookBody } from './webhook-body.ts'

const body = webhookBody()

test('what standardwebhooks signs is verified', async () => {
  const at = new Date(1_790_000_000_000)
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': '1790000000',
    'webhook-signature': new Webhook(SECRET).sign('msg_1', at, body),
  }
  const verified = await verifySignature({ body, headers }, SECRET, { nowMs: at.getTime() })
  assert.equal(verified.id, 'msg_1')
  assert.equal(Buffer.from(verified.body).toString(), body)
})

test('standardwebhooks and openai verify what this suite signs, and agree with the receiver', async () => {
  const headers = signWebhook(body)
  assert.deepEqual(new Webhook(SECRET).verify(body, headers), JSON.parse(body))
  const openai = new OpenAI({ apiKey: 'unused', webhookSecret: SECRET })
  assert.deepEqual(await openai.webhooks.unwrap(body, headers), JSON.parse(body))
  assert.equal((await verifyWebhook({ body, headers }, SECRET)).type, 'video.completed')
})

test('a request of the standard’s own example key and text is verified', async () => {
  // The vector of the Standard Webhooks libraries.
  const request = {
    body: '{"test": 2432232314}',
    headers: {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    },
  }
  await verifySignature(request, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', { nowMs: 1_614_265_330_000 })
})
