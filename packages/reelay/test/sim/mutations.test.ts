import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MUTATIONS, type Mutation } from './mutations.ts'
import { patchedSource, PATCH_VARIABLE } from './patched.ts'

/** From seed 1 on. The shyest bug is found within a third of them. */
const SEQUENCES_MAX = 200
const TIMEOUT_MS = 300_000
const MAIN = fileURLToPath(new URL('./mutant-main.ts', import.meta.url))
const SOURCES = new URL('../../src/', import.meta.url)
const MUTATIONS_MIN = 12

type Found = { sequences: number; seed?: number; invariant?: number; what?: string }

/** What the simulation finds in a process of its own, whose sources have that bug. */
async function hunt(mutation: Mutation): Promise<Found> {
  const run = promisify(execFile)
  const env = { ...process.env, [PATCH_VARIABLE]: JSON.stringify(mutation) }
  const args = ['--conditions=@reelay/source', MAIN, String(SEQUENCES_MAX)]
  const { stdout } = await run(process.execPath, args, { env, timeout: TIMEOUT_MS })
  return JSON.parse(stdout) as Found
}

test('every patch fits the source as it is, exactly once', async () => {
  assert.ok(MUTATIONS.length >= MUTATIONS_MIN)
  assert.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length)
  for (const mutation of MUTATIONS) {
    const source = await readFile(new URL(mutation.file, SOURCES), 'utf8')
    assert.notEqual(patchedSource(source, mutation), source)
  }
})

describe('the simulation finds', { concurrency: 2, timeout: TIMEOUT_MS }, () => {
  for (const mutation of MUTATIONS) {
    test(`${mutation.name} (${mutation.file})`, async (context) => {
      const { seed, invariant, what } = await hunt(mutation)
      assert.ok(invariant !== undefined, `not found in ${SEQUENCES_MAX} sequences`)
      assert.ok(
        mutation.breaks.some((number) => number === invariant),
        `found by invariant ${invariant}: ${what}`,
      )
      context.diagnostic(`seed ${seed}, invariant ${invariant}: ${what}`)
    })
  }
})
