import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { standardWebhookVerdict, webhookSecretsFault, webhookSecretsIn } from './standard-webhook.ts'

/** The vector that the reference implementations of the specification share. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek'
const SECONDS = 1_614_265_330
const BODY = '{"test": 2432232314}'
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='

const OTHER = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
const NOW_MS = SECONDS * 1_000

type Signed = { id?: string; timestamp?: string; signature?: string; body?: string | Uint8Array }

function verdictOf(signed: Signed = {}, secrets: readonly string[] = [SECRET], nowMs = NOW_MS): string {
  const { id = ID, timestamp = String(SECONDS), signature = SIGNATURE, body = BODY } = signed
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  return standardWebhookVerdict({ headers, body: Buffer.from(body), urls: [] }, secrets, nowMs)
}

test('the vector of the specification is trusted', () => {
  assert.equal(verdictOf(), 'trusted')
})

test('what the reference implementation signs is trusted', () => {
  const signature = new Webhook(OTHER).sign('msg_1', new Date(NOW_MS), '{"é":1}')
  assert.equal(verdictOf({ id: 'msg_1', signature, body: '{"é":1}' }, [OTHER]), 'trusted')
})

test('any change makes it forged: of the body, the id, the time, the signature, the secret', () => {
  const changed: Readonly<Record<string, Signed>> = {
    'a byte of the body': { body: BODY.replace('4', '5') },
    'spaces of the body': { body: '{"test":2432232314}' },
    'no body': { body: '' },
    'the id': { id: `${ID}x` },
    'the time': { timestamp: String(SECONDS + 1) },
    'a cut signature': { signature: SIGNATURE.slice(0, -1) },
    'no version': { signature: SIGNATURE.slice(3) },
    'another version': { signature: SIGNATURE.replace('v1', 'v2') },
    'no signature': { signature: '' },
  }
  for (const [what, signed] of Object.entries(changed)) assert.equal(verdictOf(signed), 'forged', what)
  assert.equal(verdictOf({}, [OTHER]), 'forged')
})

test('with a secret at hand, what bears no signature is forged', () => {
  assert.equal(
    standardWebhookVerdict({ headers: {}, body: Buffer.from(BODY), urls: [] }, [SECRET], NOW_MS),
    'forged',
  )
})

test('without a secret nobody can tell', () => {
  assert.equal(verdictOf({}, []), 'unsigned')
  assert.equal(verdictOf({ signature: 'v1,nonsense' }, []), 'unsigned')
})

test('a good signature is trusted for five minutes, before and after', () => {
  for (const [offMs, verdict] of [
    [300_000, 'trusted'],
    [-300_000, 'trusted'],
    [300_001, 'forged'],
    [-300_001, 'forged'],
    [5 * 365 * 86_400_000, 'forged'],
  ] as const) {
    assert.equal(verdictOf({}, [SECRET], NOW_MS + offMs), verdict, String(offMs))
  }
})

test('a time that is none is forged, also when it is signed', () => {
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
  for (const timestamp of ['', '-1', '1e9', `${SECONDS}.0`, ` ${SECONDS}`, '9'.repeat(30), 'NaN']) {
    const signature = createHmac('sha256', key).update(`${ID}.${timestamp}.${BODY}`).digest('base64')
    assert.equal(verdictOf({ timestamp, signature: `v1,${signature}` }), 'forged', timestamp)
  }
})

test('while a secret is rotated, one good signature of several is enough, and so is one good secret', () => {
  const wrong = 'v1,bm9wZQ=='
  assert.equal(verdictOf({ signature: `${wrong} ${SIGNATURE}` }), 'trusted')
  assert.equal(verdictOf({ signature: `${SIGNATURE} v1a,other ${wrong}` }), 'trusted')
  assert.equal(verdictOf({ signature: `${wrong} ${wrong}` }), 'forged')
  assert.equal(verdictOf({}, [OTHER, SECRET]), 'trusted')
  const flood = `${Array.from({ length: 16 }, () => wrong).join(' ')} ${SIGNATURE}`
  assert.equal(verdictOf({ signature: flood }), 'forged', 'the number of signatures is bounded')
})

test('bytes that are no text are signed as they are', () => {
  const body = Buffer.from([0xff, 0xfe, 0x00, 0x80])
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
  const mac = createHmac('sha256', key).update(`${ID}.${SECONDS}.`).update(body).digest('base64')
  assert.equal(verdictOf({ body, signature: `v1,${mac}` }), 'trusted')
})

test('a setting has one secret or several, and what is none is told without being repeated', () => {
  assert.deepEqual(webhookSecretsIn(undefined), [])
  assert.deepEqual(webhookSecretsIn(` ${SECRET}, ${OTHER},`), [SECRET, OTHER])
  for (const good of [SECRET, `${SECRET},${OTHER}`]) assert.equal(webhookSecretsFault(good), undefined)
  for (const bad of [
    '',
    ' , ',
    SECRET.slice(6),
    'whsec_',
    'whsec_c2hvcnQ=',
    `${SECRET},x`,
    'whsec_no base64!!!!!!!!!!!!',
  ]) {
    const fault = webhookSecretsFault(bad)
    assert.ok(fault !== undefined, bad)
    assert.ok(!fault.includes(SECRET))
  }
  assert.match(webhookSecretsFault(Array.from({ length: 5 }, () => SECRET).join(',')) ?? '', /at most 4/)
})
