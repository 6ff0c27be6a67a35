import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from 'node:crypto'
import { test } from 'node:test'
import { falVerdict } from './fal-signature.ts'
import type { PublicKeys } from './public-keys.ts'

const SECONDS = 1_760_000_000
const NOW_MS = SECONDS * 1_000
const BODY = '{"request_id":"764cabcf","status":"OK","payload":{}}'
const [ours, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
const jwkOf = ({ publicKey }: { publicKey: KeyObject }): JsonWebKey => publicKey.export({ format: 'jwk' })

/** The RFC's own key (8037, appendix A.1), as a set of keys has it. */
const RFC_KEY = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

type Keys = readonly JsonWebKey[] | null
type Given = {
  body?: string
  signedBody?: string
  timestamp?: string
  headers?: Record<string, string>
  current?: Keys
  newest?: Keys
  nowMs?: number
}

const keysOf = (current: Keys, newest: Keys): PublicKeys => ({
  current: async () => current,
  newest: async () => newest,
})

function verdictOf(given: Given = {}): Promise<string> {
  const { body = BODY, signedBody = body, timestamp = String(SECONDS), headers = {} } = given
  const { current = [jwkOf(ours)], newest = current, nowMs = NOW_MS } = given
  const hash = createHash('sha256').update(signedBody).digest('hex')
  const message = Buffer.from(`request-1\nuser-1\n${timestamp}\n${hash}`)
  const signed = {
    'x-fal-webhook-request-id': 'request-1',
    'x-fal-webhook-user-id': 'user-1',
    'x-fal-webhook-timestamp': timestamp,
    'x-fal-webhook-signature': sign(null, message, ours.privateKey).toString('hex'),
  }
  const callback = { headers: { ...signed, ...headers }, body: Buffer.from(body), urls: [] }
  return falVerdict(callback, keysOf(current, newest), nowMs)
}

test('a signature over request, user, time and the hash of the body is trusted', async () => {
  assert.equal(await verdictOf(), 'trusted')
})

test('it may be by any of the published keys, among others of any kind', async () => {
  const odd: JsonWebKey[] = [
    {},
    { kty: 'RSA' },
    { ...RFC_KEY, x: 'too short' },
    { ...RFC_KEY, crv: 'X25519' },
  ]
  assert.equal(await verdictOf({ current: [...odd, RFC_KEY, jwkOf(other), jwkOf(ours)] }), 'trusted')
})

test('any change makes it forged', async () => {
  const changed: Readonly<Record<string, Given>> = {
    'the body': { signedBody: BODY.replace('OK', 'ERROR') },
    'the request': { headers: { 'x-fal-webhook-request-id': 'request-2' } },
    'the user': { headers: { 'x-fal-webhook-user-id': '' } },
    'the time': { headers: { 'x-fal-webhook-timestamp': String(SECONDS + 1) } },
    'the signature': { headers: { 'x-fal-webhook-signature': '0'.repeat(128) } },
    'a signature that is none': { headers: { 'x-fal-webhook-signature': 'x'.repeat(128) } },
    'a short signature': { headers: { 'x-fal-webhook-signature': '00' } },
    'another key': { current: [jwkOf(other), RFC_KEY] },
    'no key': { current: [] },
  }
  for (const [what, given] of Object.entries(changed)) assert.equal(await verdictOf(given), 'forged', what)
})

test('it holds for five minutes, before and after', async () => {
  for (const offMs of [300_000, -300_000]) assert.equal(await verdictOf({ nowMs: NOW_MS + offMs }), 'trusted')
  for (const offMs of [300_001, -300_001]) assert.equal(await verdictOf({ nowMs: NOW_MS + offMs }), 'forged')
  assert.equal(await verdictOf({ timestamp: 'soon' }), 'forged')
})

test('a key that was published since is found', async () => {
  assert.equal(await verdictOf({ current: [jwkOf(other)], newest: [jwkOf(other), jwkOf(ours)] }), 'trusted')
})

test('without keys nobody can tell, whatever the signature is', async () => {
  const wrong = { 'x-fal-webhook-signature': '0'.repeat(128) }
  for (const headers of [{}, wrong]) {
    assert.equal(await verdictOf({ headers, current: null }), 'unsigned')
    assert.equal(await verdictOf({ headers, current: [jwkOf(other)], newest: null }), 'unsigned')
  }
})

test('what bears no signature is unsigned, and no keys are asked for', async () => {
  const keys: PublicKeys = { current: () => assert.fail('asked'), newest: () => assert.fail('asked') }
  const bare = { headers: {}, body: Buffer.from(BODY), urls: [] }
  assert.equal(await falVerdict(bare, keys, NOW_MS), 'unsigned')
  const old = { 'x-fal-webhook-signature': '0'.repeat(128), 'x-fal-webhook-timestamp': '1' }
  assert.equal(await falVerdict({ ...bare, headers: old }, keys, NOW_MS), 'forged')
})
