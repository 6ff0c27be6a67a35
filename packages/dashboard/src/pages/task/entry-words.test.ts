import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { entryWords } from './entry-words.ts'

const wordsOf = (type: string, data: Record<string, unknown> = {}) =>
  entryWords({ seq: 1, at: 0, type, data })

test('every kind that the gateway writes has words of its own', async () => {
  const source = await readFile(new URL('../../../../reelay/src/task/task.ts', import.meta.url), 'utf8')
  const kinds =
    /export type TaskEventKind =([^\n]*\n(?: {2}\| .*\n)+)/.exec(source)?.[1]?.match(/[a-z]+\.[a-z_]+/g) ?? []
  assert.ok(kinds.length > 20)
  const wordless = kinds.filter((kind) => kind !== 'task.state' && wordsOf(kind).title === kind)
  assert.deepEqual(wordless, [])
})

test('details are told in words, and a kind that nobody knows is shown as it is', () => {
  assert.deepEqual(wordsOf('task.state', { from: 'queued', to: 'running' }), {
    title: 'queued → running',
    detail: null,
  })
  assert.equal(wordsOf('poll.progress', { progress: 40, waiting: false }).detail, '40 %')
  assert.equal(wordsOf('archive.stored', { bytes: 1_500_000 }).detail, '1.5 MB')
  assert.deepEqual(wordsOf('later.kind', { some_field: 1 }), { title: 'later.kind', detail: 'some field: 1' })
})
