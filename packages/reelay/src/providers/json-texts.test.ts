import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonTexts } from './json-texts.ts'

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function textsOf(text: string, size = text.length): Promise<[path: string, raw: string][]> {
  const found: [string, string][] = []
  let raw: Uint8Array[] = []
  for await (const { path, bytes, ends } of jsonTexts(inPieces(text, size))) {
    raw.push(bytes)
    if (!ends) continue
    found.push([path, Buffer.concat(raw).toString()])
    raw = []
  }
  return found
}

const TEXT = JSON.stringify(
  {
    name: 'a/b',
    'two words': { '': 'empty key' },
    list: ['x', { y: 'z', n: 1.5, no: null, yes: true }, [[], {}, 'deep']],
    quoted: 'say "no", then \\ and {[:,]}',
    empty: '',
    after: 'ü€𝄞',
  },
  null,
  1,
)

const EXPECTED = [
  ['name', 'a/b'],
  ['two words/', 'empty key'],
  ['list/0', 'x'],
  ['list/1/y', 'z'],
  ['list/2/2', 'deep'],
  ['quoted', 'say \\"no\\", then \\\\ and {[:,]}'],
  ['empty', ''],
  ['after', 'ü€𝄞'],
]

for (const size of [1, 2, 3, 7, 64, 10_000]) {
  test(`texts and their places, in pieces of ${size} bytes`, async () => {
    assert.deepEqual(await textsOf(TEXT, size), EXPECTED)
  })
}

test('a key that is too long is cut, and one that only looks like a key is a value', async () => {
  const [[path] = ['']] = await textsOf(JSON.stringify({ ['k'.repeat(5_000)]: 'v' }), 100)
  assert.equal(path, 'k'.repeat(256))
  assert.deepEqual(await textsOf('{"a":"a","b":["b","c"]}'), [
    ['a', 'a'],
    ['b/0', 'b'],
    ['b/1', 'c'],
  ])
})

const BROKEN: Readonly<Record<string, [text: string, reason: RegExp]>> = {
  nothing: ['', /ends before it is whole/],
  'no object': ['"a"', /ends before it is whole/],
  'an end inside a string': ['{"a":"b', /ends inside a string/],
  'an end after an escape': ['{"a":"b\\', /ends inside a string/],
  'an end after a string': ['{"a":"b"', /ends before it is whole/],
  'brackets that do not match': ['{"a":["b"}', /closes what it did not open/],
  'a bracket too many': ['{"a":"b"}}', /closes what it did not open/],
  'a second text': ['{"a":"b"}{"a":"c"}', /goes on after its end/],
  'lists in lists': ['['.repeat(100), /nested too deep/],
}

for (const [title, [text, reason]] of Object.entries(BROKEN)) {
  test(`${title} is no JSON`, async () => {
    await assert.rejects(textsOf(text, 3), { name: 'SyntaxError', message: reason })
  })
}
