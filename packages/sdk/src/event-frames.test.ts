import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFrameReader } from './event-frames.ts'

const STREAM =
  'retry: 2000\n\n: a comment\n\nevent: video\nid: 3v1\ndata: {"a":1}\n\nid: 4\n\ndata: one\ndata:two\nunknown: x\n\n'

const EXPECTED = [
  { event: 'message', id: '', data: null, retryMs: 2_000 },
  { event: 'message', id: '', data: null, retryMs: null },
  { event: 'video', id: '3v1', data: '{"a":1}', retryMs: null },
  { event: 'message', id: '4', data: null, retryMs: null },
  { event: 'message', id: '4', data: 'one\ntwo', retryMs: null },
]

test('a stream is read the same in pieces of any size, with any line breaks', () => {
  for (const lineBreak of ['\n', '\r\n', '\r']) {
    const text = STREAM.replaceAll('\n', lineBreak)
    for (let size = 1; size < 20; size += 1) {
      const reader = createFrameReader('')
      const frames = []
      for (let at = 0; at < text.length; at += size) frames.push(...reader.push(text.slice(at, at + size)))
      // A line break of one carriage return is only known to be one when something follows.
      frames.push(...reader.push(':'))
      assert.deepEqual(frames, EXPECTED, JSON.stringify([lineBreak, size]))
    }
  }
})

test('the place that a reader began at stays until another is named', () => {
  assert.equal(createFrameReader('7').push('data: x\n\n')[0]?.id, '7')
})

test('a frame without an end is refused', () => {
  const reader = createFrameReader('')
  assert.throws(() => {
    for (let index = 0; index < 100; index += 1) reader.push(`data: ${'x'.repeat(100_000)}\n`)
  }, /too long/)
})
