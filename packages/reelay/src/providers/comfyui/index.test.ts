import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readWorkflows } from './index.ts'

test('readWorkflows: the JSON files of a folder by their names', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'reelay-workflows-'))
  context.after(() => rm(folder, { recursive: true }))
  const graph = { 1: { class_type: 'A', inputs: {} } }
  await writeFile(join(folder, 'wan 2.2.json'), JSON.stringify(graph))
  await writeFile(join(folder, 'ltx.json'), '{}')
  await writeFile(join(folder, 'notes.txt'), 'no workflow')
  assert.deepEqual(Object.entries(await readWorkflows(folder)), [
    ['ltx', {}],
    ['wan 2.2', graph],
  ])
  await writeFile(join(folder, 'broken.json'), '{')
  await assert.rejects(readWorkflows(folder), { name: 'TypeError', message: /broken\.json is no JSON/ })
})

test('readWorkflows: a folder that is not there', async () => {
  await assert.rejects(readWorkflows(join(tmpdir(), 'reelay-no-such-folder')), { code: 'ENOENT' })
})
