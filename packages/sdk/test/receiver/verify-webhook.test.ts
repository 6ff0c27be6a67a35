import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertProperty, asyncProperty, constantFrom, integer, nat, uint8Array } from 'fast-check'
import { ReelayError } from '../../src/errors.ts'
import { verifySignature, type VerifyOptions } from '../../src/receiver/verify-signature.ts'
import { verifyWebhook } from '../../src/receiver/verify-webhook.ts'
import {
  WebhookVerificationError,
  type WebhookVerificationCode,
} from '../../src/receiver/webhook-verification-error.ts'
import { OTHER_SECRET, SECRET, signWebhook } from './sign-webhook.ts'
import { testEventBody, webhookBody } from './webhook-body.ts'

const NOW_MS = 1_790_000_000_000
const body = webhookBody()
const signed = signWebhook(body, { nowMs: NOW_MS })

const read = (text: string): ReturnType<typeof verifyWebhook> =>
  verifyWebhook({ body: text, headers: signWebhook(text, { nowMs: NOW_MS }) }, SECRET, { nowMs: NOW_MS })

const flip = (bytes: Uint8Array, at: number, by: number): Uint8Array =>
  bytes.map((byte, index) => (index === at % bytes.length ? byte ^ by : byte))

async function refused(
  code: WebhookVerificationCode,
  changes: { body?: Uint8Array | string; headers?: Record<string, string>; secret?: string | string[] },
  options: VerifyOptions = {},
): Promise<void> {
  const headers = { ...signed, ...changes.headers }
  const work = verifyWebhook({ body: changes.body ?? body, headers }, changes.secret ?? SECRET, {
    nowMs: NOW_MS,
    ...options,
  })
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof WebhookVerificationError)
    assert.equal(error.code, code)
    assert.ok(error.message.length > 20 && !error.message.includes(SECRET.slice(6)))
    return true
  })
}

test('a signed event is read into one form, whatever holds its headers', async () => {
  const upper = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toUpperCase(), value]))
  for (const headers of [signed, upper, new Headers(signed)]) {
    for (const bytes of [body, new TextEncoder().encode(body), Buffer.from(body)]) {
      const event = await verifyWebhook({ body: bytes, headers }, SECRET, { nowMs: NOW_MS })
      assert.equal(event.type, 'video.completed')
      assert.equal(event.taskId, 'video_1')
      assert.equal(event.id, 'evt_1_completed')
      assert.equal(event.progress, 100)
      assert.equal(event.sequence, 3)
      assert.equal(event.videoUrl, 'https://gateway.test/v1/videos/video_1/content?sig=x')
      assert.equal(event.video?.model, 'local/preview')
      assert.equal(event.error, null)
      assert.deepEqual([event.signed, event.confirmed, event.receivedAtMs], [true, false, NOW_MS])
      assert.equal(Buffer.from(event.raw).toString(), body)
    }
  }
})

test('failed, thin and test events are read', async () => {
  const failed = await read(webhookBody({ status: 'failed' }))
  assert.equal(failed.type === 'video.failed' && failed.error?.code, 'content_policy')
  const thin = await read(webhookBody({ payload: 'thin' }))
  assert.deepEqual(thin.type === 'video.completed' && [thin.taskId, thin.videoUrl, thin.video], [
    'video_1',
    null,
    null,
  ])
  const tested = await read(testEventBody())
  assert.deepEqual(tested.type === 'webhook.test' && [tested.taskId, tested.message], [null, 'Hello'])
  const openai = await read(
    '{"id":"evt_x","object":"event","type":"video.completed","data":{"id":"video_9"}}',
  )
  assert.equal(openai.taskId, 'video_9')
})

test('either of two secrets and either of two signatures is enough', async () => {
  const both = signWebhook(body, { nowMs: NOW_MS, secrets: [OTHER_SECRET, SECRET] })
  await verifyWebhook({ body, headers: both }, SECRET, { nowMs: NOW_MS })
  await verifyWebhook({ body, headers: both }, OTHER_SECRET, { nowMs: NOW_MS })
  await verifyWebhook({ body, headers: signed }, [OTHER_SECRET, SECRET], { nowMs: NOW_MS })
  await refused('no_matching_signature', { secret: OTHER_SECRET })
})

test('each missing header is named', async () => {
  for (const name of ['webhook-id', 'webhook-timestamp', 'webhook-signature']) {
    await refused('missing_header', { headers: { [name]: '' } })
  }
})

test('a timestamp with anything but digits is refused', async () => {
  for (const text of [
    '1790000000abc',
    ' 1790000000',
    '+1790000000',
    '1.79e9',
    '0x6ab1d180',
    '1790000000.0',
  ]) {
    await refused('invalid_timestamp', { headers: { 'webhook-timestamp': text } })
  }
  await refused('invalid_timestamp', { headers: { 'webhook-timestamp': '1790000000000' } })
})

test('300 seconds are tolerated both ways, and no more', async () => {
  for (const offset of [-300, 300]) {
    await verifyWebhook({ body, headers: signed }, SECRET, { nowMs: NOW_MS + offset * 1000 })
  }
  await refused('timestamp_too_old', {}, { nowMs: NOW_MS + 301_000 })
  await refused('timestamp_too_new', {}, { nowMs: NOW_MS - 301_000 })
  await refused('timestamp_too_old', {}, { nowMs: NOW_MS + 11_000, toleranceSeconds: 10 })
})

test('a tolerance that would switch the check off is refused', async () => {
  for (const toleranceSeconds of [Number.NaN, Infinity, -1, 86_401]) {
    const work = verifyWebhook({ body, headers: signed }, SECRET, { nowMs: NOW_MS, toleranceSeconds })
    await assert.rejects(work, ReelayError)
  }
  await assert.rejects(verifyWebhook({ body, headers: signed }, SECRET, { nowMs: Number.NaN }), ReelayError)
})

test('bytes that decode to the same text are not the same bytes', async () => {
  const sent = Uint8Array.from([0x22, 0xff, 0x22])
  const other = Uint8Array.from([0x22, 0xfe, 0x22])
  const headers = signWebhook(sent, { nowMs: NOW_MS })
  const verified = await verifySignature({ body: sent, headers }, SECRET, { nowMs: NOW_MS })
  assert.deepEqual(verified.body, sent)
  await assert.rejects(verifySignature({ body: other, headers }, SECRET, { nowMs: NOW_MS }), {
    code: 'no_matching_signature',
  })
  await refused('invalid_body', { body: sent, headers })
  const event = Buffer.from('{"type":"video.completed","task_id":"\xff"}', 'latin1')
  await refused('invalid_body', { body: event, headers: signWebhook(event, { nowMs: NOW_MS }) })
})

test('short, asymmetric and unreadable secrets are refused', async () => {
  const short = `whsec_${Buffer.alloc(23).toString('base64')}`
  for (const secret of [short, 'whsec_AAAA', 'whpk_AAAA', 'whsk_AAAA', 'whsec_not base64!', '', []]) {
    await refused('invalid_secret', { secret })
  }
  await refused('invalid_secret', { secret: Array.from({ length: 11 }, () => SECRET) })
  const unpadded = SECRET.replaceAll('=', '')
  await verifyWebhook({ body, headers: signed }, unpadded, { nowMs: NOW_MS })
})

test('a huge signature header is refused before anything is computed', async () => {
  const good = signed['webhook-signature']
  const startedAt = process.cpuUsage()
  await refused('invalid_signature_header', {
    headers: { 'webhook-signature': `${`v1,${'A'.repeat(43)}= `.repeat(20_000)}${good}` },
  })
  assert.ok(process.cpuUsage(startedAt).user < 200_000)
  await refused('invalid_signature_header', {
    headers: { 'webhook-signature': `${'v1,AAAA '.repeat(8)}${good}` },
  })
})

test('v1a and unknown versions are skipped, not believed', async () => {
  const good = signed['webhook-signature'] ?? ''
  const value = good.slice('v1,'.length)
  await verifyWebhook({ body, headers: { ...signed, 'webhook-signature': `v1a,${value} ${good}` } }, SECRET, {
    nowMs: NOW_MS,
  })
  for (const entry of [`v1a,${value}`, `v2,${value}`, `V1,${value}`, value, 'v1,', `v1,${value.slice(1)}`]) {
    await refused('no_matching_signature', { headers: { 'webhook-signature': entry } })
  }
})

test('a signature has one spelling', async () => {
  const good = signed['webhook-signature'] ?? ''
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  // The last digit carries four bits; the two beside them are zero.
  const other = digits[digits.indexOf(good.at(-2) ?? '') + 1] ?? ''
  const respelled = `${good.slice(0, -2)}${other}=`
  assert.deepEqual(Buffer.from(respelled.slice(3), 'base64'), Buffer.from(good.slice(3), 'base64'))
  await refused('no_matching_signature', { headers: { 'webhook-signature': respelled } })
})

test('an id with a dot is refused: it would shift the borders of what is signed', async () => {
  await refused('invalid_id', { headers: { 'webhook-id': 'evt_1.1790000000' } })
})

test('a parsed object is refused with the reason', async () => {
  const parsed: unknown = JSON.parse(body)
  await refused('invalid_body', { body: parsed as string })
})

test('verified bodies that are no event are told apart', async () => {
  for (const [text, code] of [
    ['not json', 'invalid_body'],
    ['[1]', 'invalid_body'],
    ['{}', 'unknown_event'],
    ['{"type":"video.sneezed","task_id":"video_1"}', 'unknown_event'],
    ['{"type":"video.completed"}', 'unknown_event'],
  ] as const) {
    await refused(code, { body: text, headers: signWebhook(text, { nowMs: NOW_MS }) })
  }
})

test('any changed byte of body, id, timestamp or signature fails', async () => {
  await assertProperty(
    asyncProperty(
      uint8Array({ minLength: 1, maxLength: 200 }),
      constantFrom('body', 'webhook-id', 'webhook-timestamp', 'webhook-signature'),
      nat(),
      integer({ min: 1, max: 255 }),
      async (sent, part, at, by) => {
        const headers = signWebhook(sent, { nowMs: NOW_MS })
        await verifySignature({ body: sent, headers }, SECRET, { nowMs: NOW_MS })
        const changed =
          part === 'body'
            ? { body: flip(sent, at, by), headers }
            : {
                body: sent,
                headers: {
                  ...headers,
                  [part]: Buffer.from(flip(Buffer.from(headers[part] ?? ''), at, by)).toString('latin1'),
                },
              }
        await assert.rejects(verifySignature(changed, SECRET, { nowMs: NOW_MS }), WebhookVerificationError)
      },
    ),
    { numRuns: 300 },
  )
})
