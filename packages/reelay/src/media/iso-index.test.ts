import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkIsoIndex, createSampleBudget } from './iso-index.ts'
import { NotAVideo, type NotAVideoReason } from './not-a-video.ts'

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4)
  return bytes
}

function box(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([words(body.length + 8), Buffer.from(type, 'latin1'), body])
}

/** The tables of three samples of 10, 20 and 30 bytes in two chunks at 100 and 200. */
const TABLES: Readonly<Record<string, Buffer>> = {
  stts: words(0, 1, 3, 512),
  ctts: words(0, 1, 3, 0),
  stsc: words(0, 2, 1, 2, 1, 2, 1, 1),
  stsz: words(0, 0, 3, 10, 20, 30),
  stco: words(0, 2, 100, 200),
}

function indexWith(changes: Record<string, Buffer | undefined>): Buffer {
  const tables = Object.entries({ ...TABLES, ...changes }).filter(
    (entry): entry is [string, Buffer] => entry[1] !== undefined,
  )
  const list = box('stbl', ...tables.map(([name, body]) => box(name, body)))
  return box('trak', box('mdia', box('minf', list)))
}

function check(index: Buffer, fileBytes = 230): void {
  checkIsoIndex(index, fileBytes, createSampleBudget())
}

function refuses(
  changes: Record<string, Buffer | undefined>,
  reason: NotAVideoReason,
  fileBytes = 230,
): void {
  assert.throws(
    () => check(indexWith(changes), fileBytes),
    (error) => error instanceof NotAVideo && error.reason === reason,
    `${JSON.stringify(Object.keys(changes))} should be ${reason}`,
  )
}

test('an index whose samples lie within the file is accepted, to the last byte', () => {
  check(indexWith({}), 230)
  refuses({}, 'truncated', 229)
})

test('offsets of 64 bits and samples of one size are followed too', () => {
  const changes = { stco: undefined, co64: words(0, 2, 0, 100, 0, 200), stsz: words(0, 40, 3) }
  check(indexWith(changes), 240)
  refuses(changes, 'truncated', 239)
  refuses({ ...changes, co64: words(0, 2, 0, 100, 1, 200) }, 'truncated')
})

test('sizes in the compact table are counted', () => {
  check(indexWith({ stsz: undefined, stz2: words(0, 8, 3, 0x0a141e00) }))
})

test('tables that claim more than they hold are malformed', () => {
  refuses({ stts: words(0, 2, 3, 512) }, 'malformed')
  refuses({ stsz: words(0, 0, 4, 10, 20, 30) }, 'malformed')
  refuses({ stco: words(0, 3, 100, 200) }, 'malformed')
  refuses({ stsc: words(0) }, 'malformed')
})

test('runs that would keep a reader busy are refused', () => {
  refuses({ stts: words(0, 1, 0x7fffffff, 512) }, 'malformed')
  refuses({ ctts: words(0, 1, 0x7fffffff, 0) }, 'malformed')
  refuses({ stsc: words(0, 1, 1, 0x17000002, 1) }, 'malformed')
  refuses({ stsz: words(0, 1, 0x7fffffff) }, 'too_complex')
})

test('all tracks and fragments of a file share one budget of samples', () => {
  const budget = createSampleBudget()
  const fragment = box('traf', box('trun', words(0, 1_000_000)))
  for (let count = 0; count < 4; count += 1) checkIsoIndex(fragment, 230, budget)
  assert.throws(() => checkIsoIndex(fragment, 230, budget), { reason: 'too_complex' })
})

test('boxes that overlap their parent or nest without end are malformed', () => {
  const cut = indexWith({}).subarray(0, -8)
  assert.throws(() => check(cut), { reason: 'malformed' })
  let deep = box('trak')
  for (let depth = 0; depth < 40; depth += 1) deep = box('trak', deep)
  assert.throws(() => check(deep), { reason: 'malformed' })
})
