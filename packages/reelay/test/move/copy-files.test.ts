import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { runProgram } from '../../src/cli/program.ts'
import { testIo } from '../../src/cli/test-io.ts'
import { CopyFailed, copyFiles, type Storage } from '../../src/files/copy-files.ts'
import { openDiskFiles } from '../../src/files/disk-files.ts'
import type { Files } from '../../src/files/files.ts'
import { openS3 } from '../s3/open-s3.ts'

const MIB = 1024 * 1024
/** The last one goes up in parts. */
const CONTENTS: Readonly<Record<string, Uint8Array>> = {
  'inputs/video_a/0.png': Buffer.from('a picture'),
  'videos/video_a/1.2.video.0.mp4': Buffer.alloc(300_000, 1),
  'videos/video_a/1.2.thumbnail.0.jpg': Buffer.from('a poster'),
  'videos/video_b/1.1.video.0.webm': Buffer.alloc(0),
  'videos/video_c/2.9.video.0.mov': Buffer.alloc(9 * MIB, 7),
}

type Place = Storage & { directory: string } & AsyncDisposable

async function openDisk(): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-copy-'))
  const files = await openDiskFiles(directory)
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true })
  return { files, sharedFiles: undefined, directory, [Symbol.asyncDispose]: remove }
}

async function keep(files: Files, key: string, bytes: Uint8Array): Promise<void> {
  const staged = await files.stage()
  await staged.write(Readable.from([bytes]), MIB * 20)
  await staged.keep(key)
}

async function fill(files: Files): Promise<void> {
  for (const [key, bytes] of Object.entries(CONTENTS)) await keep(files, key, bytes)
}

async function contentOf(files: Files, key: string): Promise<Buffer | undefined> {
  const stream = await files.open(key)
  return stream === undefined ? undefined : Buffer.concat(await stream.toArray())
}

async function checkAll(files: Files): Promise<void> {
  for (const [key, bytes] of Object.entries(CONTENTS))
    assert.deepEqual(await contentOf(files, key), Buffer.from(bytes), key)
}

const options = () => ({ checksAll: false, signal: new AbortController().signal })

test('all files go from a disk to a bucket and back; a second copy finds them there', async () => {
  await using disk = await openDisk()
  await using back = await openDisk()
  await using s3 = await openS3()
  const bucket = { files: s3.files, sharedFiles: s3.files }
  await fill(disk.files)
  const bytes = Object.values(CONTENTS).reduce((sum, { byteLength }) => sum + byteLength, 0)
  assert.deepEqual(await copyFiles(disk, bucket, options()), { copied: 5, bytes, present: 0 })
  await checkAll(s3.files)
  assert.deepEqual(await copyFiles(disk, bucket, options()), { copied: 0, bytes: 0, present: 5 })
  // What a gateway notes there is not one of its files.
  await s3.files.claim(['owner-of-the-place'])
  assert.equal((await copyFiles(bucket, back, options())).copied, 5)
  await checkAll(back.files)
})

test('a copy that was ended goes on where it was', async () => {
  await using disk = await openDisk()
  await using other = await openDisk()
  await fill(disk.files)
  const stopping = new AbortController()
  const ended = copyFiles(disk, other, {
    checksAll: false,
    signal: stopping.signal,
    onFile: () => stopping.abort(new Error('enough')),
  })
  await assert.rejects(ended, /enough/)
  const { copied, present } = await copyFiles(disk, other, options())
  assert.ok(present >= 1)
  assert.equal(copied + present, 5)
  await checkAll(other.files)
})

/** The same, with some verbs replaced. */
const altered = (files: Files, verbs: Partial<Files>): Files =>
  new Proxy(files, {
    get: (target, name: keyof Files) => verbs[name] ?? target[name].bind(target),
  })

test('a file that arrives with other bytes is not kept, and one that is shorter is not either', async () => {
  await using disk = await openDisk()
  await using other = await openDisk()
  const key = 'videos/video_a/1.2.video.0.mp4'
  await keep(disk.files, key, Buffer.from('as it was'))
  const liar = altered(other.files, { open: async () => Readable.from([Buffer.from('as it isnt')]) })
  await assert.rejects(copyFiles(disk, { ...other, files: liar }, options()), CopyFailed)
  assert.equal(await other.files.size(key), undefined)
  const cut = altered(disk.files, { open: async () => Readable.from([Buffer.from('as it')]) })
  await assert.rejects(copyFiles({ ...disk, files: cut }, other, options()), /9 bytes, of which 5 came/)
  assert.equal(await other.files.size(key), undefined)
  assert.deepEqual(await other.files.names('videos'), [])
})

test('another file in its place is an error, with --check also one of the same size', async () => {
  await using disk = await openDisk()
  await using other = await openDisk()
  const key = 'videos/video_a/1.2.video.0.mp4'
  await keep(disk.files, key, Buffer.from('one'))
  await keep(other.files, key, Buffer.from('two'))
  assert.equal((await copyFiles(disk, other, options())).present, 1)
  const argv = ['copy-files', `file:${disk.directory}`, `file:${other.directory}`]
  const io = testIo({ env: { REELAY_API_KEY: 'rk_0000000000000000000000000000000000' } })
  assert.equal(await runProgram([...argv, '--check'], io), 2)
  assert.match(io.stderr.text, /1\.2\.video\.0\.mp4 is in the new place already, with other bytes/)
  await other.files.remove(key)
  const good = testIo({ env: { REELAY_API_KEY: 'rk_0000000000000000000000000000000000' } })
  assert.equal(await runProgram(argv, good), 0, good.stderr.text)
  assert.equal(good.stdout.text, '1 files copied (3 bytes), 0 were there already\n')
})

test('a file whose task ends meanwhile is left out', async () => {
  await using disk = await openDisk()
  await using other = await openDisk()
  await fill(disk.files)
  const gone = altered(disk.files, { open: async () => undefined })
  assert.equal((await copyFiles({ ...disk, files: gone }, other, options())).copied, 0)
})

test('a place that is none is told as such', async () => {
  const io = testIo({ env: { REELAY_API_KEY: 'rk_0000000000000000000000000000000000' } })
  assert.equal(await runProgram(['copy-files', 'ftp://a', 'file:/tmp/b'], io), 2)
  assert.match(io.stderr.text, /ftp:\/\/a must start with file: or s3:/)
})
