import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { taskErrorAdvice } from './task-error-advice.ts'

const reference = await readFile(new URL('../../../../../docs/errors.md', import.meta.url), 'utf8')

/** Every heading between the two parts of the reference. */
const codes = [...reference.slice(0, reference.indexOf('## API errors')).matchAll(/^### `(\w+)`/gm)].map(
  ([, code = '']) => code,
)

test('the reference has advice for each of its task errors, as plain text', () => {
  assert.ok(codes.length > 10)
  for (const code of codes) {
    const advice = taskErrorAdvice(reference, code) ?? ''
    assert.ok(advice.length > 30, code)
    assert.doesNotMatch(advice, /[`\n#]|\]\(|^Status/, code)
    assert.match(advice, /\.$/, code)
  }
})

test('an error of the API, and a code that nobody knows, have none', () => {
  assert.equal(taskErrorAdvice(reference, 'unknown_url'), undefined)
  assert.equal(taskErrorAdvice(reference, 'no_such_code'), undefined)
})
