import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shortenedJson } from './shortened-json.ts'

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function allOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of body) parts.push(part)
  return Buffer.concat(parts).toString()
}

const shortened = (text: string, size: number): Promise<string> => allOf(shortenedJson(inPieces(text, size)))

const LONG = 'A'.repeat(64 * 1024 + 1)
const record = { a: 'ü "quoted" \\ {', n: 1.5, list: ['', { b: 'c' }], last: LONG.slice(1) }

for (const size of [1, 5, 4_096, 1_000_000]) {
  test(`what is short stays as it is, in pieces of ${size} bytes`, async () => {
    const text = JSON.stringify(record, null, 1)
    assert.equal(await shortened(text, size), text)
  })

  test(`what is long is left out, in pieces of ${size} bytes`, async () => {
    const given = { ...record, video: LONG, after: [LONG, 'kept'], [LONG]: 'of a long key' }
    const expected = {
      ...record,
      video: '(left out)',
      after: ['(left out)', 'kept'],
      '(left out)': 'of a long key',
    }
    assert.deepEqual(JSON.parse(await shortened(JSON.stringify(given), size)), expected)
  })
}

test('a long string that is full of escapes ends where it ends', async () => {
  const text = JSON.stringify({ a: '"\\'.repeat(40_000), b: 'c' })
  assert.deepEqual(JSON.parse(await shortened(text, 1_001)), { a: '(left out)', b: 'c' })
})

test('a text that ends inside a string is an error', async () => {
  await assert.rejects(shortened(`{"a":"${LONG}`, 1_000), { name: 'SyntaxError' })
})

test('a text without an end is not read for ever', { timeout: 60_000 }, async () => {
  const piece = Buffer.alloc(16 * 1024 * 1024, 0x41)
  let sent = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('{"a":"')
    for (; sent < 100; sent += 1) yield piece
  }
  await assert.rejects(allOf(shortenedJson(endless())), { name: 'RangeError' })
  assert.equal(sent, 63)
})
