import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { viduVerdict } from './vidu-signature.ts'

/** The example of its documentation: an address, two headers, and the string that is signed. */
const URL_GIVEN = 'http://127.0.0.1:8080/vidu/callback?name=james&age=36'
const DATE = 'Tue, 06 May 2025 12:09:42 GMT'
const NONCE = '123e4567-e89b-12d3-a456-426614174000'
const DOCUMENTED = `POST\n/vidu/callback\nname=james&age=36\nvidu\n${DATE}\nDate:${DATE}\nx-request-nonce:${NONCE}\n`

const KEY = 'vda_key_1'
const NOW_MS = Date.parse(DATE)
const signatureOf = (text: string, key = KEY): string =>
  createHmac('sha256', key).update(text).digest('base64')

type Given = { headers?: Record<string, string>; urls?: readonly string[]; nowMs?: number; body?: string }

function verdictOf({ headers = {}, urls = [URL_GIVEN], nowMs = NOW_MS, body = '{}' }: Given = {}): string {
  const signed = {
    date: DATE,
    'x-request-nonce': NONCE,
    'x-hmac-signed-headers': 'Date;x-request-nonce',
    'x-hmac-signature': signatureOf(DOCUMENTED),
    'x-hmac-algorithm': 'hmac-sha256',
    'x-hmac-access-key': 'vidu',
  }
  return viduVerdict({ headers: { ...signed, ...headers }, body: Buffer.from(body), urls }, KEY, nowMs)
}

test('the documented string, signed with the API key, is trusted', () => {
  assert.equal(verdictOf(), 'trusted')
})

test('an address without a query is signed with an empty line', () => {
  const text = DOCUMENTED.replace('name=james&age=36', '')
  const headers = { 'x-hmac-signature': signatureOf(text) }
  assert.equal(verdictOf({ headers, urls: ['http://127.0.0.1:8080/vidu/callback'] }), 'trusted')
  assert.equal(verdictOf({ headers }), 'forged')
})

test('the address that was registered counts, and the one that was called too', () => {
  const rewritten = 'http://10.0.0.5/inside?x=1'
  assert.equal(verdictOf({ urls: [URL_GIVEN, rewritten] }), 'trusted')
  assert.equal(verdictOf({ urls: [rewritten, URL_GIVEN] }), 'trusted')
  assert.equal(verdictOf({ urls: [rewritten, 'no URL'] }), 'forged')
  assert.equal(verdictOf({ urls: [] }), 'forged')
})

test('any change of a signed header, and another key, make it forged', () => {
  const otherDate = 'Tue, 06 May 2025 12:09:43 GMT'
  for (const headers of [
    { 'x-request-nonce': 'other' },
    { date: otherDate },
    { 'x-hmac-signed-headers': 'Date' },
    { 'x-hmac-signed-headers': 'x-request-nonce;Date' },
    { 'x-hmac-signed-headers': Array.from({ length: 17 }, () => 'Date').join(';') },
    { 'x-hmac-signature': signatureOf(DOCUMENTED, 'another key') },
    { 'x-hmac-signature': '' },
  ] as Record<string, string>[]) {
    assert.equal(verdictOf({ headers }), 'forged', JSON.stringify(headers))
  }
})

test('it holds for five minutes, and a date that is none holds never', () => {
  assert.equal(verdictOf({ nowMs: NOW_MS + 300_000 }), 'trusted')
  assert.equal(verdictOf({ nowMs: NOW_MS + 300_001 }), 'forged')
  assert.equal(verdictOf({ nowMs: NOW_MS - 300_001 }), 'forged')
  const text = DOCUMENTED.replaceAll(DATE, 'soon')
  assert.equal(verdictOf({ headers: { date: 'soon', 'x-hmac-signature': signatureOf(text) } }), 'forged')
})

test('what bears no signature, or one of a kind that is not known here, is unsigned', () => {
  assert.equal(
    viduVerdict({ headers: {}, body: Buffer.alloc(0), urls: [URL_GIVEN] }, KEY, NOW_MS),
    'unsigned',
  )
  assert.equal(verdictOf({ headers: { 'x-hmac-algorithm': 'hmac-sha512' } }), 'unsigned')
})

test('the body is not signed: the verdict says who called, and nothing of what was said', () => {
  assert.equal(verdictOf({ body: '{"state":"a lie"}' }), 'trusted')
})
