import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { FileTooLarge, type Files } from '../../src/files/files.ts'

/** Opens an empty place for files. */
export type OpenFiles = () => Promise<Files & AsyncDisposable>

const KEY = 'videos/video_1/1.1.video.0.mp4'
const VIEW = { method: 'GET', mime: 'video/mp4', disposition: 'inline' } as const
const BYTES = Uint8Array.from({ length: 1_000 }, (_, index) => index % 251)

async function* inChunks(bytes: Uint8Array, size = 300): AsyncIterable<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size)
}

async function keep(files: Files, key: string, bytes: Uint8Array): Promise<void> {
  const staged = await files.stage()
  await staged.write(inChunks(bytes), bytes.byteLength)
  await staged.keep(key)
}

async function read(files: Files, key: string, range?: { start: number; end: number }) {
  const stream = await files.open(key, range)
  return stream === undefined ? undefined : new Uint8Array(Buffer.concat(await stream.toArray()))
}

/** Nothing that is not `area/name/name` of plain names, whatever the file system would make of it. */
const ILLEGAL_KEYS: readonly string[] = [
  '',
  'a',
  'videos/a',
  'videos/a/b/c',
  '/videos/a/b',
  '../videos/a',
  'videos/../../etc',
  'videos/../secret',
  'videos/./a',
  'videos/a/..',
  'videos/a/.',
  'videos/.hidden/a',
  'videos//a',
  'videos/a/',
  'videos\\a\\b',
  'videos/a/b\0',
  'videos/a/b\n',
  'videos/a/ä',
  'videos/a/%2e%2e',
  'VIDEOS/a/b',
  'C:/a/b',
]

const broken = async function* () {
  yield BYTES
  throw new Error('connection reset')
}

/** What every `Files` must do, wherever the bytes are. */
export function filesContract(open: OpenFiles): void {
  test('files: staged bytes are counted and hashed, and whole under their key', async () => {
    await using files = await open()
    const staged = await files.stage()
    const stored = await staged.write(inChunks(BYTES), BYTES.byteLength)
    assert.deepEqual(stored, { bytes: 1_000, sha256: createHash('sha256').update(BYTES).digest('hex') })
    assert.deepEqual(new Uint8Array(await readFile(staged.path)), BYTES, 'readable here before it is kept')
    assert.equal(await files.size(KEY), undefined, 'not visible before it is kept')
    await staged.keep(KEY)
    assert.equal(await files.size(KEY), 1_000)
    assert.deepEqual(await read(files, KEY), BYTES)
  })

  test('files: an empty file is a file', async () => {
    await using files = await open()
    await keep(files, KEY, new Uint8Array())
    assert.equal(await files.size(KEY), 0)
    assert.deepEqual(await read(files, KEY), new Uint8Array())
  })

  test('files: a range gives exactly its bytes, both ends included', async () => {
    await using files = await open()
    await keep(files, KEY, BYTES)
    for (const [start, end] of [
      [0, 0],
      [0, 999],
      [10, 19],
      [999, 999],
      [250, 700],
    ] as const) {
      assert.deepEqual(await read(files, KEY, { start, end }), BYTES.slice(start, end + 1), `${start}-${end}`)
    }
  })

  test('files: a range that ends behind the file ends with it, and one that begins there is empty', async () => {
    await using files = await open()
    await keep(files, KEY, BYTES)
    assert.deepEqual(await read(files, KEY, { start: 990, end: 2_000 }), BYTES.slice(990))
    assert.deepEqual(await read(files, KEY, { start: 1_000, end: 2_000 }), new Uint8Array())
    assert.deepEqual(await read(files, KEY, { start: 0, end: 1_000 }), BYTES)
  })

  test('files: a stream that nobody reads to its end can be left', async () => {
    await using files = await open()
    const large = new Uint8Array(2 * 1024 * 1024)
    await keep(files, KEY, large)
    const stream = await files.open(KEY)
    assert.ok(stream !== undefined)
    await once(stream, 'readable')
    stream.destroy()
    await once(stream, 'close')
    assert.equal((await read(files, KEY))?.byteLength, large.byteLength)
  })

  test('files: an upload that is ended before it begins leaves nothing under its key', async () => {
    await using files = await open()
    const staged = await files.stage()
    await staged.write(inChunks(BYTES), 1_000)
    await assert.rejects(staged.keep(KEY, AbortSignal.abort(new Error('stopped'))), /stopped/)
    await staged.discard()
    assert.equal(await files.size(KEY), undefined)
  })

  test('files: a place that works passes its check, and keeps nothing of it', async () => {
    await using files = await open()
    await files.check()
    await keep(files, KEY, BYTES)
    await files.check()
    assert.deepEqual(await files.names('videos'), ['video_1'])
  })

  test('files: what is in a folder can be listed: its task folders, or the files of one', async () => {
    await using files = await open()
    assert.deepEqual(await files.names('inputs'), [])
    assert.deepEqual(await files.names('inputs/video_1'), [])
    for (const key of ['inputs/video_1/0.png', 'inputs/video_1/1.png', 'inputs/video_2/0.png'])
      await keep(files, key, BYTES)
    assert.deepEqual((await files.names('inputs')).toSorted(), ['video_1', 'video_2'])
    assert.deepEqual((await files.names('inputs/video_1')).toSorted(), ['0.png', '1.png'])
    assert.deepEqual(await files.names('videos'), [])
    for (const folder of ['', '..', 'inputs/..', 'inputs/', '/inputs', 'inputs/a/b']) {
      await assert.rejects(files.names(folder), /not a storage key/, folder)
    }
  })

  test('files: what is not there is undefined, and removing it is harmless', async () => {
    await using files = await open()
    assert.equal(await files.open(KEY), undefined)
    assert.equal(await files.size(KEY), undefined)
    await files.remove(KEY)
    await keep(files, KEY, BYTES)
    await files.remove(KEY)
    assert.equal(await files.open(KEY), undefined)
    await files.remove(KEY)
  })

  test('files: neighbours of a removed file stay', async () => {
    await using files = await open()
    const neighbour = 'videos/video_1/1.1.thumbnail.0.jpg'
    await keep(files, KEY, BYTES)
    await keep(files, neighbour, BYTES)
    await files.remove(KEY)
    assert.equal(await files.size(neighbour), 1_000)
  })

  test('files: a folder is removed with all its files, and no other; an illegal one not at all', async () => {
    await using files = await open()
    const other = 'videos/video_2/1.1.video.0.mp4'
    await keep(files, KEY, BYTES)
    await keep(files, 'videos/video_1/1.2.video.0.mp4', BYTES)
    await keep(files, other, BYTES)
    await files.removeFolder('videos/video_1')
    await files.removeFolder('videos/video_1')
    assert.equal(await files.size(KEY), undefined)
    for (const folder of [
      '',
      'videos',
      'videos/',
      'videos/..',
      'videos/.',
      '..',
      '../x',
      '/videos/a',
      'videos/a/b',
    ]) {
      await assert.rejects(files.removeFolder(folder), /not a storage key/, folder)
    }
    assert.equal(await files.size(other), 1_000)
  })

  test('files: one byte over the limit is too large, exactly the limit is not', async () => {
    await using files = await open()
    const staged = await files.stage()
    await assert.rejects(
      staged.write(inChunks(BYTES), 999),
      (error) => error instanceof FileTooLarge && error.bytesMax === 999,
    )
    await staged.discard()
    assert.ok(!existsSync(staged.path))
    const fits = await files.stage()
    assert.equal((await fits.write(inChunks(BYTES), 1_000)).bytes, 1_000)
    await fits.discard()
  })

  test('files: what the source throws is thrown, and nothing is visible', async () => {
    await using files = await open()
    const staged = await files.stage()
    await assert.rejects(staged.write(broken(), 10_000), /connection reset/)
    await staged.discard()
    assert.equal(await files.size(KEY), undefined)
  })

  test('files: discarding twice or after keep is harmless', async () => {
    await using files = await open()
    const staged = await files.stage()
    await staged.write(inChunks(BYTES), 1_000)
    await staged.keep(KEY)
    await staged.discard()
    await staged.discard()
    assert.equal(await files.size(KEY), 1_000)
  })

  test('files: an illegal key is refused by every verb, and the staged file can still be discarded', async () => {
    await using files = await open()
    for (const key of ILLEGAL_KEYS) {
      const staged = await files.stage()
      await staged.write(inChunks(BYTES), 1_000)
      const refused = /not a storage key/
      await assert.rejects(staged.keep(key), refused, `keep ${key}`)
      await assert.rejects(files.open(key), refused, `open ${key}`)
      await assert.rejects(files.size(key), refused, `size ${key}`)
      await assert.rejects(files.remove(key), refused, `remove ${key}`)
      await assert.rejects(async () => files.sign(key, VIEW), refused, `sign ${key}`)
      await staged.discard()
      assert.ok(!existsSync(staged.path))
    }
  })

  test('files: a sweep removes what was staged and nothing that was kept', async () => {
    await using files = await open()
    await keep(files, KEY, BYTES)
    const leftover = await files.stage()
    await leftover.write(inChunks(BYTES), 1_000)
    await files.sweep()
    assert.ok(!existsSync(leftover.path))
    assert.equal(await files.size(KEY), 1_000)
    await leftover.discard()
  })

  test('files: concurrent files do not mix', async () => {
    await using files = await open()
    const keys = Array.from({ length: 12 }, (_, index) => `inputs/video_${index % 3}/${index}.png`)
    await Promise.all(keys.map((key, index) => keep(files, key, BYTES.slice(0, 100 + index))))
    for (const [index, key] of keys.entries()) {
      assert.deepEqual(await read(files, key), BYTES.slice(0, 100 + index), key)
    }
  })
}
