import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBaseUrl } from './base-url.ts'
import { ReelayError } from './errors.ts'

test('a trailing slash and a trailing /v1 are the same server', () => {
  for (const text of [
    'https://api.cometapi.com',
    'https://api.cometapi.com/',
    'https://api.cometapi.com/v1',
    'https://api.cometapi.com/v1/',
  ]) {
    assert.equal(parseBaseUrl(text), 'https://api.cometapi.com')
  }
})

test('a path prefix is kept, and only a whole last segment v1 is taken off', () => {
  assert.equal(parseBaseUrl('http://127.0.0.1:7373/reelay/v1'), 'http://127.0.0.1:7373/reelay')
  assert.equal(parseBaseUrl('http://127.0.0.1:7373/apiv1'), 'http://127.0.0.1:7373/apiv1')
})

test('what is no server root is refused, without quoting a password', () => {
  for (const text of ['', 'localhost:7373', 'ftp://host', 'http://host/?a=1', 'http://host/#x']) {
    assert.throws(() => parseBaseUrl(text), { code: 'invalid_argument' }, text)
  }
  assert.throws(
    () => parseBaseUrl('http://user:hunter2@host'),
    (error) => error instanceof ReelayError && !error.message.includes('hunter2'),
  )
})
