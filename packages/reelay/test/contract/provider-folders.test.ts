import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'

const PROVIDERS = new URL('../../src/providers/', import.meta.url)
const FORMULA = ['fixtures', 'index.ts', 'request.ts', 'status.ts']
const MAY_HAVE = ['callback.ts']

/** Adapters that talk to no server have no answers to read. What they have instead is listed here, with the reason. */
const EXEMPT: Readonly<Record<string, readonly string[]>> = {
  // Renders on this machine: its jobs are files, its catalog is the renderer's limits.
  local: ['index.ts', 'jobs.ts', 'models.ts', 'request.ts'],
  // Runs other people's models of many providers: it has a table for each, and watches what they send.
  'ai-sdk': [
    'ai-sdk.ts',
    'answer-table.ts',
    'ask-exchange.ts',
    'call.ts',
    'capture.ts',
    'fixtures',
    'index.ts',
    'model-error.ts',
    'models.ts',
    'operation.ts',
    'options.ts',
    'outputs.ts',
    'request.ts',
    'secrets-of.ts',
    'start-exchange.ts',
    'start.ts',
    'status.ts',
    'tables.ts',
    'video-model.ts',
    'word-table.ts',
  ],
}

test('every adapter folder has the same files', async () => {
  const entries = await readdir(PROVIDERS, { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  assert.ok(folders.length >= 3)
  for (const folder of folders) {
    const files = (await readdir(new URL(`${folder}/`, PROVIDERS))).filter(
      (name) => !name.endsWith('.test.ts'),
    )
    const wanted = EXEMPT[folder] ?? FORMULA
    assert.deepEqual(
      files.filter((name) => !MAY_HAVE.includes(name)).toSorted(),
      [...wanted].toSorted(),
      `providers/${folder}`,
    )
  }
})
