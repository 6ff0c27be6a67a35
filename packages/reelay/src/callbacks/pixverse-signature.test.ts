import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { pixverseVerdict } from './pixverse-signature.ts'

const SECRET = 'secret_key_1'
const SECONDS = 1_760_000_000
const NOW_MS = SECONDS * 1_000
const NONCE = 'abcdefghijklmnopqrstuvwxyz012345'

/** The example of its documentation. */
const BODY =
  '{"id": "123456789", "status": 1, "url": "https://example.com/video.mp4", "size": 10.5, "has_audio": true, "credits": 100}'
const FORM =
  'credits=100&has_audio=true&id=123456789&size=10.5&status=1&url=https%3A%2F%2Fexample.com%2Fvideo.mp4'

const signatureOf = (form: string, secret = SECRET): string =>
  createHmac('sha256', secret).update(`${SECONDS}\n${NONCE}\n${form}`).digest('base64')

type Given = { body?: string | Uint8Array; form?: string; headers?: Record<string, string>; nowMs?: number }

/** The verdict on `body`, signed as if its form were `form`. */
function verdictOf({ body = BODY, form = FORM, headers = {}, nowMs = NOW_MS }: Given = {}): string {
  const signed = {
    'webhook-timestamp': String(SECONDS),
    'webhook-nonce': NONCE,
    'webhook-signature': signatureOf(form),
  }
  return pixverseVerdict(
    { headers: { ...signed, ...headers }, body: Buffer.from(body), urls: [] },
    SECRET,
    nowMs,
  )
}

test('the documented example is trusted, in any order of its fields', () => {
  assert.equal(verdictOf(), 'trusted')
  const turned = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(BODY)).toReversed()))
  assert.equal(verdictOf({ body: turned }), 'trusted')
})

test('a body in which everything is written in one way only is forged when the signature does not fit', () => {
  for (const [title, given] of Object.entries<Given>({
    'another id': { body: BODY.replace('123456789', '123456780') },
    'another status': { body: BODY.replace('"status": 1', '"status": 8') },
    'a field more': { body: BODY.replace('{', '{"more": "x",') },
    'a field less': { body: BODY.replace(', "credits": 100', '') },
    'another secret': { headers: { 'webhook-signature': signatureOf(FORM, 'another') } },
    'another nonce': { headers: { 'webhook-nonce': 'x'.repeat(32) } },
    'no signature': { headers: { 'webhook-signature': '' } },
  })) {
    assert.equal(verdictOf(given), 'forged', title)
  }
})

const NUMBERS: readonly [written: string, signed: string, verdict: string][] = [
  ['10.0', '10.0', 'trusted'],
  ['10.0', '10', 'trusted'],
  ['10.0', '10.00', 'unsigned'],
  ['1048576', '1048576', 'trusted'],
  ['1048576', '1.048576e+06', 'unsigned'],
  ['1e3', '1000', 'trusted'],
  ['867283741759111202', '867283741759111202', 'trusted'],
  ['0.0000001', '0.0000001', 'trusted'],
  ['12', '13', 'forged'],
  ['-0.25', '-0.5', 'forged'],
]

for (const [written, signed, verdict] of NUMBERS) {
  test(`a number that is written ${written} and signed as ${signed} is ${verdict}`, () => {
    const body = `{"id":"1","size":${written}}`
    assert.equal(verdictOf({ body, form: `id=1&size=${signed}` }), verdict)
  })
}

const TEXTS: readonly [text: string, signed: string, verdict: string][] = [
  ['a b', 'a+b', 'trusted'],
  ['a b', 'a%20b', 'trusted'],
  ['a+b', 'a%2Bb', 'trusted'],
  ["a'b*", 'a%27b%2A', 'trusted'],
  ["a'b*", "a'b*", 'unsigned'],
  ['é', '%C3%A9', 'trusted'],
  ['é', '%E9', 'forged'],
]

for (const [text, signed, verdict] of TEXTS) {
  test(`a text ${text} that is signed as ${signed} is ${verdict}`, () => {
    assert.equal(verdictOf({ body: JSON.stringify({ id: text }), form: `id=${signed}` }), verdict)
  })
}

test('values of which nothing says how they are written leave it open', () => {
  for (const value of [null, [1], { a: 1 }]) {
    assert.equal(verdictOf({ body: JSON.stringify({ id: '1', more: value }), form: 'id=1' }), 'unsigned')
  }
})

test('what is no object of some fields is nothing that the provider sends', () => {
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`f${index}`, 'x']))
  for (const body of ['', '7', '"x"', '[1]', 'null', '{', JSON.stringify(many), Buffer.from([0xff])]) {
    assert.equal(verdictOf({ body, form: '' }), 'forged', String(body).slice(0, 20))
  }
  assert.equal(verdictOf({ body: `{"id":"${'x'.repeat(64 * 1024)}"}` }), 'forged')
})

test('it holds for five minutes', () => {
  assert.equal(verdictOf({ nowMs: NOW_MS + 300_000 }), 'trusted')
  for (const offMs of [300_001, -300_001]) assert.equal(verdictOf({ nowMs: NOW_MS + offMs }), 'forged')
  assert.equal(verdictOf({ headers: { 'webhook-timestamp': '' } }), 'forged')
})

test('without a secret nobody can tell; with one, what bears no signature is forged', () => {
  const bare = { headers: {}, body: Buffer.from(BODY), urls: [] }
  assert.equal(pixverseVerdict(bare, undefined, NOW_MS), 'unsigned')
  assert.equal(pixverseVerdict(bare, SECRET, NOW_MS), 'forged')
})
