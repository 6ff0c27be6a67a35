import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRealDay } from './is-real-day.ts'

test('a day is real when the calendar has it', () => {
  for (const text of ['2026-02-28', '2028-02-29', '2026-12-31T23:59:59Z', '1970-01-01'])
    assert.equal(isRealDay(text), true, text)
  for (const text of [
    '2026-02-30',
    '2026-02-29',
    '2026-13-01',
    '2026-04-31T10:00:00Z',
    '2026-00-10',
    '2026',
    '',
  ])
    assert.equal(isRealDay(text), false, text)
})
