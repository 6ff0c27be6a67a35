import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { proofPage } from '../../../../scripts/proof.ts'
import { INVARIANTS } from './invariants.ts'

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = fileURLToPath(new URL('../../../../docs/proof.md', import.meta.url))
const COUNT = 30

test('docs/proof.md is what the records and the invariants say (npm run proof)', async () => {
  assert.equal(await readFile(PAGE, 'utf8'), await proofPage())
})

test('there are thirty invariants, and each has tests that are there under their names', async () => {
  assert.equal(INVARIANTS.length, COUNT)
  for (const [index, { tests }] of INVARIANTS.entries()) {
    assert.ok(tests.length > 0, `invariant ${index + 1} has no test`)
    for (const { file, title } of tests) {
      assert.ok(existsSync(join(PACKAGE, file)), `invariant ${index + 1}: ${file} is not there`)
      const source = await readFile(join(PACKAGE, file), 'utf8')
      assert.ok(source.includes(title), `invariant ${index + 1}: ${file} has no test "${title}"`)
    }
  }
})
