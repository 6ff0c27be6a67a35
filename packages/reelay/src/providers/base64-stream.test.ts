import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Base64Stream } from './base64-stream.ts'

function decoded(text: string, size: number): Buffer {
  const stream = new Base64Stream()
  const bytes = Buffer.from(text)
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) parts.push(stream.push(bytes.subarray(at, at + size)))
  stream.end()
  return Buffer.concat(parts)
}

/** Has all 64 signs in its base64. */
const BYTES = Buffer.from(Array.from({ length: 3_000 }, (_, index) => (index * 73) % 256))

for (const size of [1, 2, 3, 4, 5, 63, 100_000]) {
  test(`the bytes of base64 that comes in pieces of ${size}`, () => {
    for (const length of [0, 1, 2, 3, 4, 2_998, 2_999, 3_000]) {
      const bytes = BYTES.subarray(0, length)
      assert.deepEqual(decoded(bytes.toString('base64'), size), Buffer.from(bytes), `${length} bytes`)
    }
  })

  test(`escapes of JSON in it, in pieces of ${size}`, () => {
    const text = BYTES.subarray(0, 2_999).toString('base64')
    const escaped = text.replaceAll('/', '\\/').replaceAll('=', '\\u003d').replaceAll('+', '\\u002B')
    assert.ok(escaped.includes('\\/') && escaped.includes('\\u003d') && escaped.includes('\\u002B'))
    assert.deepEqual(decoded(escaped, size), Buffer.from(BYTES.subarray(0, 2_999)))
  })

  for (const wrong of [
    'AAA',
    'AA',
    'A',
    'AAAAA',
    'AA=',
    'AA==AAAA',
    'AA==A',
    '=AAA',
    'A===',
    '====',
    'AAA*',
    'AA\nA',
    'AA-_',
    'AAAA\\',
    'AAAA\\u00',
    'AAAA\\n',
    'AAAü',
    'AAAA\\u0041A\\/',
  ]) {
    test(`${JSON.stringify(wrong)} in pieces of ${size} is no base64`, () => {
      assert.throws(() => decoded(wrong, size), { name: 'SyntaxError' })
    })
  }
}
