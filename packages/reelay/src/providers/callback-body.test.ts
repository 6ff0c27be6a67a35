import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callbackBody, callbackHint, callbackJobId } from './callback-body.ts'

const bodyOf = (bytes: Uint8Array): object => callbackBody({ headers: {}, body: bytes, urls: [] })

test('a body is read as JSON in strict UTF-8, with or without its mark', () => {
  assert.deepEqual(bodyOf(Buffer.from('{"id":"é"}')), { id: 'é' })
  assert.deepEqual(bodyOf(Buffer.from('\uFEFF{"id":"x"}')), { id: 'x' })
  assert.deepEqual(bodyOf(Buffer.from('{"id":"é"}', 'latin1')), {})
  assert.deepEqual(bodyOf(Buffer.from('["x"]')), {})
})

test('an id of 64 bits that is written as a number is kept to its last digit', () => {
  const body = callbackBody({ headers: {}, body: Buffer.from('{"id":867283741759111203}'), urls: [] })
  assert.equal(callbackJobId(body['id']), '867283741759111203')
})

test('a word is a word in any case', () => {
  assert.equal(callbackHint(' Success', ['success']), 'ended')
  assert.equal(callbackHint('succes', ['success']), 'moved')
  assert.equal(callbackHint(['success'], ['success']), 'moved')
})

test('an id has to look like one', () => {
  assert.equal(callbackJobId('models/veo/operations/a:b'), 'models/veo/operations/a:b')
  assert.equal(callbackJobId(123_456), '123456')
  assert.equal(callbackJobId(2 ** 60), null)
  for (const value of ['', ' ', 'a b', 'a\0', 'a\n', '\u0085', 'x'.repeat(257), null, [], {}, true]) {
    assert.equal(callbackJobId(value), null, JSON.stringify(value))
  }
})
