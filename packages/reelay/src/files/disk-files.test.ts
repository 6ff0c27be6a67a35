import assert from 'node:assert/strict'
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
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

/** Descriptors of this process that are open below a directory. */
async function openBelow(root: string): Promise<number> {
  const links = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  )
  return links.filter((path) => path.startsWith(root)).length
}

const NO_PROC = process.platform === 'linux' ? false : 'descriptors are listed in /proc'

test(
  'a file is closed when it was sent, when it could not be, and when nobody reads it',
  { skip: NO_PROC },
  async () => {
    await using subject = await openFiles()
    const { files, root } = subject
    await keep(files, 'videos/v/a')
    const sinks = {
      sent: new Writable({ write: (_chunk, _encoding, done) => done() }),
      refused: new Writable({ write: (_chunk, _encoding, done) => done(new Error('no more')) }),
    }
    sinks.refused.on('error', () => undefined)
    for (const [name, sink] of Object.entries(sinks)) {
      const stream = (await files.open('videos/v/a'))!
      assert.equal(await openBelow(root), 1)
      const closed = new Promise((resolve) => stream.once('close', resolve))
      const outcome = await stream.sendTo!(sink).then(
        () => 'sent',
        () => 'refused',
      )
      await closed
      assert.deepEqual([outcome, await openBelow(root)], [name, 0])
    }
    const unread = (await files.open('videos/v/a'))!
    const closed = new Promise((resolve) => unread.once('close', resolve))
    unread.destroy()
    await closed
    assert.equal(await openBelow(root), 0)
  },
)
