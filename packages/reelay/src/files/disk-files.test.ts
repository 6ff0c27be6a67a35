import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDiskFiles } from './disk-files.ts'
import type { Files } from './files.ts'

const ROUNDS = 60

async function openFiles(): Promise<{ files: Files; root: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-disk-'))
  const root = join(directory, 'files')
  return {
    files: await openDiskFiles(root),
    root,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}

async function* once(): AsyncIterable<Uint8Array> {
  yield new Uint8Array(10)
}

async function keep(files: Files, key: string): Promise<void> {
  const staged = await files.stage()
  await staged.write(once(), 10)
  await staged.keep(key)
}

test('removing the last file of a folder never fails a file that is being kept there', async () => {
  await using subject = await openFiles()
  const { files } = subject
  for (let round = 0; round < ROUNDS; round += 1) {
    const [old, fresh] = [`videos/v/${round}.a`, `videos/v/${round}.b`]
    await keep(files, old)
    await Promise.all([files.remove(old), keep(files, fresh)])
    assert.equal(await files.size(fresh), 10, `round ${round}`)
    await files.remove(fresh)
  }
})

test('a file is kept although somebody removed the folders of the storage', async () => {
  await using subject = await openFiles()
  await rm(join(subject.root, 'videos'), { recursive: true })
  await keep(subject.files, 'videos/v/a')
  assert.equal(await subject.files.size('videos/v/a'), 10)
})
