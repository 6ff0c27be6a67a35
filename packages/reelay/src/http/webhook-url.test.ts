import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createParamsOf } from './create-params.ts'
import { webhookUrl } from './webhook-url.ts'

const allow = (): null => null

const rules = {
  refuseCallbackUrl: allow,
  settings: {
    defaultModel: 'local/preview',
    limits: {
      bodyBytesMax: 1_000,
      fileBytesMax: 1_000,
      filesMax: 1,
      fieldsMax: 10,
      promptCharactersMax: 100,
    },
  },
}

const callbackUrl = (url: string) =>
  createParamsOf({ prompt: 'a boat', callback_url: url }, rules).callbackUrl

const KEPT: readonly [string, string][] = [
  ['https://app.example.com/hooks', 'https://app.example.com/hooks'],
  ['https://app.example.com', 'https://app.example.com/'],
  ['https://app.example.com/a\nb\t?c=\r1', 'https://app.example.com/ab?c=1'],
  ['https://app.example.com/\u202egpj.exe', 'https://app.example.com/%E2%80%AEgpj.exe'],
  ['https://app.example.com/hooks?a=1#token', 'https://app.example.com/hooks?a=1'],
  ['https://app.example.com./hooks#', 'https://app.example.com./hooks'],
  ['http://[::ffff:93.184.215.14]:8080/', 'http://[::ffff:5db8:d70e]:8080/'],
]

test('a URL is kept as it is sent, for an endpoint and for a callback_url', () => {
  for (const [typed, kept] of KEPT) {
    assert.equal(webhookUrl('url', typed, allow), kept)
    assert.equal(callbackUrl(typed), kept)
  }
})

test('a host with an empty label is refused', () => {
  for (const url of ['https://a..b/', 'https://.example.com/', 'https://app.example.com../', 'http://../']) {
    assert.throws(() => webhookUrl('url', url, allow), { code: 'invalid_value', param: 'url' }, url)
    assert.throws(() => callbackUrl(url), { code: 'invalid_value', param: 'callback_url' }, url)
  }
})

test('what the guard refuses is refused, with its reason', () => {
  assert.throws(() => webhookUrl('url', 'http://10.0.0.1/', () => 'it is private.'), {
    message: 'url is refused: it is private.',
  })
})
