import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDiskFiles } from '../../src/files/disk-files.ts'
import { StorageFull, type Files } from '../../src/files/files.ts'
import { filesContract } from './files-contract.ts'

async function openFiles(): Promise<Files & AsyncDisposable & { root: string }> {
  const root = await mkdtemp(join(tmpdir(), 'reelay-files-'))
  const files = await openDiskFiles(join(root, 'files'))
  return Object.assign(files, {
    root: join(root, 'files'),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  })
}

filesContract(openFiles)

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

const BYTES = new Uint8Array(100)
const KEY = 'videos/video_1/1.1.video.0.mp4'

const isHandle = (value: unknown): value is FileHandle =>
  typeof value === 'object' && value !== null && 'writeFile' in value && 'sync' in value

/** The class of file handles, whose methods a test can replace: a full disk without filling one. */
async function handleClass(): Promise<FileHandle> {
  const handle = await open(import.meta.filename)
  await handle.close()
  const prototype: unknown = Object.getPrototypeOf(handle)
  assert.ok(isHandle(prototype))
  return prototype
}

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

for (const code of ['ENOSPC', 'EDQUOT']) {
  for (const method of ['writeFile', 'sync'] as const) {
    test(`disk: ${code} while bytes are written (${method}) is a full storage, and clears up`, async (t) => {
      await using files = await openFiles()
      const staged = await files.stage()
      const full = Object.assign(new Error('no space'), { code })
      const double = t.mock.method(await handleClass(), method, () => Promise.reject(full))
      await assert.rejects(staged.write(once(BYTES), 100), (error) => {
        return error instanceof StorageFull && error.cause === full
      })
      double.mock.restore()
      await staged.discard()
      assert.deepEqual(await readdir(join(files.root, 'staging')), [])
      const again = await files.stage()
      await again.write(once(BYTES), 100)
      await again.keep(KEY)
      assert.equal(await files.size(KEY), 100)
    })
  }
}

test('disk: another write error is itself, not a full storage', async (t) => {
  await using files = await openFiles()
  const staged = await files.stage()
  const broken = Object.assign(new Error('input/output error'), { code: 'EIO' })
  const double = t.mock.method(await handleClass(), 'writeFile', () => Promise.reject(broken))
  await assert.rejects(staged.write(once(BYTES), 100), broken)
  double.mock.restore()
  await staged.discard()
})

test('disk: the last file of a task takes its directory along', async () => {
  await using files = await openFiles()
  const staged = await files.stage()
  await staged.write(once(BYTES), 100)
  await staged.keep(KEY)
  await files.remove(KEY)
  assert.ok(!existsSync(join(files.root, 'videos', 'video_1')))
})

test('disk: files and directories are private to their owner', async () => {
  await using files = await openFiles()
  const staged = await files.stage()
  await staged.write(once(BYTES), 100)
  await staged.keep(KEY)
  assert.equal(await modeOf(join(files.root, KEY)), 0o600)
  for (const directory of ['staging', 'videos', 'videos/video_1']) {
    assert.equal(await modeOf(join(files.root, directory)), 0o700, directory)
  }
})

test('disk: opening again keeps what is there', async () => {
  await using files = await openFiles()
  const staged = await files.stage()
  await staged.write(once(BYTES), 100)
  await staged.keep(KEY)
  assert.equal(await (await openDiskFiles(files.root)).size(KEY), 100)
})
