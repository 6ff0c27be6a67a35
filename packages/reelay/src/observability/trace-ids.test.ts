import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTraceparent, rootSpanIdOf, traceIdOf, traceparentText } from './trace-ids.ts'

test("a task's trace follows from its id alone, and never changes with a version", () => {
  // Processes of two versions work on one task: this must stay as it is.
  assert.equal(traceIdOf('video_1'), '8e81b5d7c94eb2c0be0e5dcaeed21567')
  assert.equal(rootSpanIdOf('video_1'), '365b6680036db23c')
  assert.notEqual(traceIdOf('video_1'), traceIdOf('video_2'))
})

test('traceparent: what is written is read', () => {
  const reference = { traceId: traceIdOf('a'), spanId: rootSpanIdOf('a'), traceFlags: 1 }
  assert.deepEqual(parseTraceparent(traceparentText(reference)), reference)
  assert.equal(traceparentText({ ...reference, traceFlags: 0 }).slice(-3), '-00')
})

test('traceparent: what is none is none, and a later version is read as this one', () => {
  const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
  for (const text of [
    null,
    '',
    'nonsense',
    `ff-${trace}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
    `00-${trace}-${span}`,
    `00-${trace}-${span}-01 x`,
  ])
    assert.equal(parseTraceparent(text), undefined, String(text))
  assert.deepEqual(parseTraceparent(`01-${trace}-${span}-01-more`), {
    traceId: trace,
    spanId: span,
    traceFlags: 1,
  })
})
