import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpLink } from './http-link.ts'

test('a link is kept as written, since signed ones bear no change', () => {
  const signed = 'https://cdn.example/a%2fb.mp4?Signature=x+y%3D&Expires=1'
  assert.equal(httpLink(` ${signed} `), signed)
  assert.equal(httpLink('http://127.0.0.1:1/v.mp4'), 'http://127.0.0.1:1/v.mp4')
})

test('what is no absolute http or https URL is no link', () => {
  for (const value of ['', 'www.example', '/v.mp4', 'file:///etc/hosts', 'data:video/mp4,', 7, null, {}]) {
    assert.equal(httpLink(value), null)
  }
})
