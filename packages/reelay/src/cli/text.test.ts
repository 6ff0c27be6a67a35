import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAgo, formatDuration } from './duration.ts'
import { jsonPairs, textPairs } from './key-value.ts'
import { formatTable } from './table.ts'
import { displayWidth, oneLine, truncate } from './text.ts'
import { formatBytes } from './video-view.ts'

test("a server's text cannot steer the terminal", () => {
  assert.equal(oneLine(' a\r\n\tb\u001b[31m\u0007c\u202ed '), 'a b[31mcd')
})

test('wide characters take two columns', () => {
  assert.equal(displayWidth('纸船ab🚤'), 8)
  assert.equal(truncate('纸船ab', 6), '纸船ab')
  assert.equal(truncate('纸船ab', 5), '纸船…')
  assert.equal(truncate('纸船ab', 4), '纸…')
  assert.equal(truncate('ab', 0), '')
})

test('a table that is too wide shrinks the columns that may', () => {
  const columns = [
    { title: 'ID' },
    { title: 'PROMPT', shrinks: true },
    { title: 'N', align: 'right' as const },
  ]
  const rows = [
    ['a', 'one two three four', '1'],
    ['b', '纸船', '22'],
  ]
  const table = (columnsMax: number): string => formatTable(columns, rows, columnsMax, (text) => text)
  assert.equal(
    table(Number.POSITIVE_INFINITY),
    ['ID  PROMPT               N', 'a   one two three four   1', 'b   纸船                22'].join('\n'),
  )
  assert.equal(table(18), ['ID  PROMPT       N', 'a   one two t…   1', 'b   纸船        22'].join('\n'))
  assert.equal(displayWidth(table(1).split('\n')[0] ?? ''), 16)
})

test('durations and ages', () => {
  const seconds = [-5, 0, 0.4, 42, 60, 185, 3600, 7800, 90_000, 450_000]
  assert.deepEqual(
    seconds.map((value) => formatDuration(value * 1000)),
    ['0s', '0s', '0s', '42s', '1m 00s', '3m 05s', '1h 00m', '2h 10m', '1d 1h', '5d 5h'],
  )
  assert.deepEqual(
    [0, 5, 100, 8000, 200_000].map((ago) => formatAgo(1_000_000 - ago, 1_000_000_000)),
    ['just now', '5s ago', '1m ago', '2h ago', '2d ago'],
  )
  assert.equal(formatAgo(1_000_010, 1_000_000_000), 'just now')
})

test('sizes', () => {
  assert.deepEqual([0, 999, 8400, 12_000_000, 3_210_000_000].map(formatBytes), [
    '0 B',
    '999 B',
    '8.4 kB',
    '12.0 MB',
    '3.21 GB',
  ])
})

test('name=value pairs', () => {
  assert.deepEqual(textPairs(['a=1', 'b=', 'c=x=y'], '--metadata'), { a: '1', b: '', c: 'x=y' })
  assert.deepEqual(jsonPairs(['a=1', 'b=true', 'c=[1]', 'd=x', 'e='], '--provider-option'), {
    a: 1,
    b: true,
    c: [1],
    d: 'x',
    e: '',
  })
  for (const wrong of ['a', '=1', '']) assert.throws(() => textPairs([wrong], '--metadata'), { exitCode: 2 })
})
