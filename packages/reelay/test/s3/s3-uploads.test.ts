import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { StorageFull, StorageUnavailable, type Files, type StagedFile } from '../../src/files/files.ts'
import { openSpool } from '../../src/files/spool.ts'
import { openS3 } from './open-s3.ts'
import type { S3Request } from './s3-protocol.ts'
import type { Fault } from './s3-server.ts'

const KEY = 'videos/video_1/1.1.video.0.mp4'
const NAME = `some/prefix/${KEY}`
const MEBIBYTE = 1024 * 1024
/** Three parts of 8 MiB, the last one shorter. */
const LARGE = randomBytes(20 * MEBIBYTE)
const SMALL = randomBytes(1_000)

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

async function stage(files: Files, bytes: Uint8Array): Promise<StagedFile> {
  const staged = await files.stage()
  await staged.write(once(bytes), bytes.byteLength)
  return staged
}

async function read(files: Files, range?: { start: number; end: number }): Promise<Buffer> {
  const stream = await files.open(KEY, range)
  assert.ok(stream !== undefined)
  return Buffer.concat(await stream.toArray())
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** The fault for the first requests of a kind, as many as said; then all goes well. */
function firstly(kind: string, count: number, fault: Fault): (request: S3Request) => Fault | undefined {
  let left = count
  return (request) => {
    if (request.kind !== kind || left === 0) return undefined
    left -= 1
    return fault
  }
}

const slowDown = { answer: 503, code: 'SlowDown' }

test('a large file goes in parts and comes back byte for byte, also across their borders', async () => {
  await using s = await openS3()
  const staged = await stage(s.files, LARGE)
  await staged.keep(KEY)
  assert.deepEqual([s.server.count('PUT part'), s.server.store.uploads.size], [3, 0])
  assert.equal(await s.files.size(KEY), LARGE.byteLength)
  assert.equal(sha256(await read(s.files)), sha256(LARGE))
  const border = 8 * MEBIBYTE
  for (const [start, end] of [
    [border - 1, border],
    [border - 5, 2 * border + 5],
    [LARGE.byteLength - 1, LARGE.byteLength + 5],
  ] as const) {
    assert.deepEqual(await read(s.files, { start, end }), LARGE.subarray(start, end + 1))
  }
  assert.deepEqual(await readdir(join(s.spoolDirectory, 'slot-0')), [], 'nothing stays on this machine')
})

test('a file of exactly one part is one request, one byte more is an upload in two parts', async () => {
  await using s = await openS3()
  await (await stage(s.files, LARGE.subarray(0, 8 * MEBIBYTE))).keep(KEY)
  assert.deepEqual([s.server.count('PUT object'), s.server.count('PUT part')], [1, 0])
  await (await stage(s.files, LARGE.subarray(0, 8 * MEBIBYTE + 1))).keep(`${KEY}.mp4`)
  assert.equal(s.server.count('PUT part'), 2)
})

test('an upload that is ended half way leaves neither an object nor a pending upload', async () => {
  await using s = await openS3()
  const reached = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  s.server.onRequest((request) => {
    if (request.kind !== 'PUT part' || request.query.get('partNumber') !== '2') return undefined
    reached.resolve()
    return { hold: held.promise }
  })
  const staged = await stage(s.files, LARGE)
  const ended = new AbortController()
  const keeping = staged.keep(KEY, ended.signal)
  await reached.promise
  ended.abort(new Error('the task was cancelled'))
  await assert.rejects(keeping, /cancelled/)
  held.resolve()
  await staged.discard()
  assert.deepEqual([s.server.store.keys, s.server.store.uploads.size], [[], 0])
  assert.equal(s.server.count('DELETE upload'), 1)
})

test('a busy server is asked again, and not for ever', async () => {
  await using s = await openS3()
  s.server.onRequest(firstly('PUT part', 2, slowDown))
  await (await stage(s.files, LARGE)).keep(KEY)
  assert.equal(s.server.count('PUT part'), 5)
  s.server.onRequest((request) => (request.kind === 'PUT object' ? slowDown : undefined))
  const staged = await stage(s.files, SMALL)
  await assert.rejects(staged.keep(`${KEY}.mp4`), (error) => {
    return error instanceof StorageUnavailable && !error.isMisconfigured && /SlowDown/.test(error.message)
  })
  await staged.discard()
  assert.equal(s.server.count('PUT object'), 5)
  assert.deepEqual(s.server.store.keys, [NAME])
})

test('a connection that is lost in an upload is made again; when all are lost, nothing stays', async () => {
  await using s = await openS3()
  s.server.onRequest(firstly('PUT part', 2, { cut: 'before' }))
  await (await stage(s.files, LARGE)).keep(KEY)
  assert.equal(sha256(await read(s.files)), sha256(LARGE))
  s.server.onRequest((request) => (request.kind === 'PUT part' ? { cut: 'before' } : undefined))
  const staged = await stage(s.files, LARGE)
  await assert.rejects(staged.keep(`${KEY}.mp4`), StorageUnavailable)
  await staged.discard()
  assert.deepEqual([s.server.store.keys, s.server.store.uploads.size], [[NAME], 0])
})

test('an upload whose last answer was lost is recognised as done, in one request and in parts', async () => {
  await using s = await openS3()
  for (const [kind, bytes, key] of [
    ['PUT object', SMALL, 'videos/v/small.mp4'],
    ['POST complete', LARGE, 'videos/v/large.mp4'],
  ] as const) {
    s.server.onRequest(firstly(kind, 1, { cut: 'after' }))
    await (await stage(s.files, bytes)).keep(key)
    assert.equal(s.server.count(kind), 2, kind)
    assert.equal(await s.files.size(key), bytes.byteLength)
  }
  assert.equal(s.server.store.uploads.size, 0)
})

test('what has a key already is never replaced, in one request or in parts', async () => {
  await using s = await openS3()
  await (await stage(s.files, SMALL)).keep(KEY)
  for (const bytes of [LARGE, randomBytes(1_000)]) {
    const late = await stage(s.files, bytes)
    await assert.rejects(late.keep(KEY), { name: 'KeyTaken' })
    await late.discard()
  }
  assert.deepEqual(await read(s.files), SMALL)
  assert.equal(s.server.store.uploads.size, 0)
})

test('a server without conditional writes gets unconditional ones', async () => {
  await using s = await openS3()
  s.server.onRequest(({ headers }) =>
    headers['if-none-match'] === undefined ? undefined : { answer: 501, code: 'NotImplemented' },
  )
  await (await stage(s.files, SMALL)).keep(KEY)
  await (await stage(s.files, LARGE)).keep(`${KEY}.mp4`)
  assert.deepEqual(s.server.store.keys, [NAME, `${NAME}.mp4`])
})

test('a file that fails to arrive can be kept again from what is on this machine', async () => {
  await using s = await openS3()
  s.server.onRequest((request) => (request.kind === 'PUT object' ? slowDown : undefined))
  const staged = await stage(s.files, SMALL)
  await assert.rejects(staged.keep(KEY), StorageUnavailable)
  s.server.onRequest(() => undefined)
  await staged.keep(KEY)
  assert.deepEqual(await read(s.files), SMALL)
})

test('the spool leaves room on its disk, and a dead process nothing in it', async () => {
  await using s = await openS3()
  const narrow = await s.openAgain({ spool: await openSpool(s.spoolDirectory, Number.MAX_SAFE_INTEGER) })
  await assert.rejects(narrow.stage(), StorageFull)
  const dead = await openSpool(s.spoolDirectory, 0)
  const left = await dead.file()
  await left.handle.close()
  const living = await openSpool(s.spoolDirectory, 0)
  const mine = await living.file()
  dead.close()
  await s.files.sweep()
  const slots = (await readdir(s.spoolDirectory)).filter((name) => /^slot-\d+$/.test(name))
  const files = await Promise.all(slots.map((slot) => readdir(join(s.spoolDirectory, slot))))
  assert.deepEqual(files.flat(), [mine.path.split('/').at(-1)])
  await mine.discard()
  living.close()
})
