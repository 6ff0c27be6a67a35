import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashOfKey } from './hash-of-key.ts'

test('a key is looked up by its SHA-256', () => {
  assert.equal(hashOfKey('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
