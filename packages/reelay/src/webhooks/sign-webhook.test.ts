import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import OpenAI from 'openai'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { systemIds } from '../system/ids.ts'
import { signWebhook, type SignedMessage } from './sign-webhook.ts'
import { makeSecret } from './webhook-secret.ts'

const client = new OpenAI({ apiKey: 'none' })

const messageOf = (patch: Partial<SignedMessage> = {}): SignedMessage => ({
  id: 'evt_01j9zvq4x7abcdefghjkmnpqrs_completed',
  timestamp: Math.floor(Date.now() / 1_000),
  body: JSON.stringify({ type: 'video.completed', prompt: 'ein Boot 🚤 auf dem Fluß', zero: '\0' }),
  ...patch,
})

/** The specification's formula once more, over bytes and on its own. */
function independent({ id, timestamp, body }: SignedMessage, secret: string): string {
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`, 'ascii'), Buffer.from(body, 'utf8')])
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}

test('the headers are those of the specification, and the signature is its formula', () => {
  for (let round = 0; round < 50; round += 1) {
    const secret = makeSecret(systemIds)
    const message = messageOf({ body: randomBytes(round * 7).toString('utf8') })
    assert.deepEqual(signWebhook(message, [secret]), {
      'webhook-id': message.id,
      'webhook-timestamp': String(message.timestamp),
      'webhook-signature': independent(message, secret),
    })
  }
})

test('a known example', () => {
  // Made with OpenSSL: printf '%s' 'msg_1.1700000000.{"a":1}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00…1f -binary | base64
  const secret = `whsec_${Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64')}`
  const message = { id: 'msg_1', timestamp: 1_700_000_000, body: '{"a":1}' }
  assert.equal(
    signWebhook(message, [secret])['webhook-signature'],
    'v1,AMaOha7DUT/0J0JMycRuYOBSvbx3WtwLd2khXXbaVj4=',
  )
})

test('a secret has 32 random bytes in standard base64, which every library reads', () => {
  const secrets = Array.from({ length: 200 }, () => makeSecret(systemIds))
  for (const secret of secrets) assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.equal(new Set(secrets).size, secrets.length)
  assert.ok(
    secrets.some((secret) => /[+/]/.test(secret)),
    'the characters that differ from base64url occur',
  )
})

test('standardwebhooks and openai verify it, with either of two secrets and with no other', async () => {
  const [fresh, old, other] = [makeSecret(systemIds), makeSecret(systemIds), makeSecret(systemIds)]
  const message = messageOf()
  const headers = signWebhook(message, [fresh, old])
  for (const secret of [fresh, old]) {
    assert.deepEqual(new Webhook(secret).verify(message.body, headers), JSON.parse(message.body))
    const event: object = await client.webhooks.unwrap(message.body, headers, secret)
    assert.deepEqual(event, JSON.parse(message.body))
  }
  assert.throws(() => new Webhook(other).verify(message.body, headers), WebhookVerificationError)
  await assert.rejects(client.webhooks.unwrap(message.body, headers, other))
})

test('a changed body, id or time, and an old message, are refused', async () => {
  const secret = makeSecret(systemIds)
  const message = messageOf()
  const headers = signWebhook(message, [secret])
  const changed = [
    { body: `${message.body} `, headers },
    { body: message.body, headers: { ...headers, 'webhook-id': 'evt_other' } },
    { body: message.body, headers: { ...headers, 'webhook-timestamp': String(message.timestamp + 1) } },
    {
      body: message.body,
      headers: signWebhook({ ...message, timestamp: message.timestamp - 301 }, [secret]),
    },
  ]
  for (const forged of changed) {
    assert.throws(() => new Webhook(secret).verify(forged.body, forged.headers), WebhookVerificationError)
    await assert.rejects(client.webhooks.unwrap(forged.body, forged.headers, secret))
  }
})
