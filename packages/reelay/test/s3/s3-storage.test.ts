import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { StorageUnavailable, type Files } from '../../src/files/files.ts'
import { openS3 } from './open-s3.ts'
import { S3_KEYS, type S3Server } from './s3-server.ts'

const KEY = 'videos/video_1/1.1.video.0.mp4'
const HOUR_MS = 3_600_000
const BYTES = randomBytes(1024 * 1024)
const VIEW = { method: 'GET', mime: 'video/mp4', disposition: 'inline; filename="a.mp4"' } as const

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

async function keep(files: Files, key: string, bytes: Uint8Array): Promise<void> {
  const staged = await files.stage()
  await staged.write(once(bytes), bytes.byteLength)
  await staged.keep(key)
}

const put = (server: S3Server, key: string): Promise<unknown> =>
  server.store.put(key, { content: Readable.from([Buffer.from('x')]), sha256: undefined }, {}, false)

async function messageOf(work: Promise<unknown>, isMisconfigured: boolean): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof StorageUnavailable)
  assert.equal(error.isMisconfigured, isMisconfigured, error.message)
  return error.message
}

test('a download whose connection is lost goes on where it ended', async () => {
  await using s = await openS3()
  await keep(s.files, KEY, BYTES)
  let cuts = 3
  s.server.onRequest(({ kind }) => {
    if (kind !== 'GET object' || cuts === 0) return undefined
    cuts -= 1
    return { cutAtBytes: 200_000 }
  })
  const stream = await s.files.open(KEY, { start: 1_000, end: BYTES.byteLength - 2 })
  assert.ok(Buffer.concat(await stream!.toArray()).equals(BYTES.subarray(1_000, -1)))
  const ranges = s.server.requests.flatMap(({ kind, headers }) =>
    kind === 'GET object' ? headers.range : [],
  )
  assert.equal(ranges.length, 4)
  assert.equal(new Set(ranges).size, 4, 'nothing is fetched twice from the same place')
})

test('a download that never gets on fails after a few tries, and is never silently short', async () => {
  await using s = await openS3()
  await keep(s.files, KEY, BYTES)
  s.server.onRequest(({ kind, headers }) =>
    kind !== 'GET object'
      ? undefined
      : headers.range === undefined
        ? { cutAtBytes: 100_000 }
        : { answer: 500, code: 'InternalError' },
  )
  const stream = await s.files.open(KEY)
  await assert.rejects(stream!.toArray())
})

test('a folder of many files goes in batches, whatever the server thinks of them; its neighbours stay', async () => {
  await using s = await openS3()
  for (const batches of [true, false]) {
    for (let index = 0; index < 1_100; index += 1)
      await put(s.server, `some/prefix/videos/v/${index}.0.video.0.mp4`)
    await put(s.server, 'some/prefix/videos/v2/0.0.video.0.mp4')
    await put(s.server, 'some/prefixes/videos/v/0.0.video.0.mp4')
    s.server.onRequest(({ kind }) =>
      batches || kind !== 'POST batch' ? undefined : { answer: 501, code: 'NotImplemented' },
    )
    const before = s.server.count('POST batch')
    assert.equal((await s.files.names('videos/v')).length, 1_100)
    await s.files.removeFolder('videos/v')
    assert.equal(s.server.count('POST batch') - before, 2)
    assert.deepEqual(s.server.store.keys, [
      'some/prefix/videos/v2/0.0.video.0.mp4',
      'some/prefixes/videos/v/0.0.video.0.mp4',
    ])
  }
})

test('everything can be walked through page by page, without the neighbours of the prefix', async () => {
  await using s = await openS3()
  const keys = Array.from({ length: 450 }, (_, index) => `inputs/v${String(index).padStart(3, '0')}/0.png`)
  for (const key of keys) await put(s.server, `some/prefix/${key}`)
  await put(s.server, 'some/prefixes/inputs/v/0.png')
  const found: string[] = []
  let next: string | null = null
  let pages = 0
  do {
    const page = await s.files.page(next)
    found.push(...page.files.map(({ key }) => key))
    next = page.next
    pages += 1
  } while (next !== null)
  assert.deepEqual([found, pages], [keys, 3])
})

test('uploads that nobody finished are ended when they are old, and only below the own prefix', async () => {
  await using s = await openS3()
  const { store } = s.server
  store.begin(`some/prefix/${KEY}`, {})
  const foreign = store.begin(`other/${KEY}`, {})
  store.age(25 * HOUR_MS)
  const young = store.begin(`some/prefix/${KEY}`, {})
  assert.equal(await s.files.endUploads(Date.now() - 24 * HOUR_MS), 1)
  assert.deepEqual([...store.uploads.keys()], [foreign, young])
})

test('a place belongs to the first gateway that claims it, also when its secret is rotated', async () => {
  await using s = await openS3()
  assert.equal(await s.files.claim(['one']), true)
  assert.equal(await s.files.claim(['one']), true)
  assert.equal(await s.files.claim(['two']), false)
  assert.equal(await s.files.claim(['three', 'one']), true)
  assert.equal(await s.files.claim(['three']), true)
  assert.equal(await s.files.claim(['one']), false)
})

test('a signed link opens the file without a key, with its type and name, in parts, and nothing else', async () => {
  await using s = await openS3()
  const files = await s.openAgain({ isRedirecting: true })
  await keep(files, KEY, BYTES)
  assert.equal(await s.files.sign(KEY, VIEW), undefined, 'only where it is set')
  const link = await files.sign(KEY, VIEW)
  const part = await fetch(link!, { headers: { range: 'bytes=10-19' } })
  assert.equal(part.status, 206)
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), BYTES.subarray(10, 20))
  assert.equal(part.headers.get('content-type'), 'video/mp4')
  assert.equal(part.headers.get('content-disposition'), VIEW.disposition)
  const head = await files.sign(KEY, { ...VIEW, method: 'HEAD' })
  assert.equal(
    (await fetch(head!, { method: 'HEAD' })).headers.get('content-length'),
    String(BYTES.byteLength),
  )
  const other = link!.replace('video_1', 'video_2')
  await keep(files, KEY.replace('video_1', 'video_2'), BYTES)
  assert.equal((await fetch(other)).status, 403)
  assert.ok(Number(new URL(link!).searchParams.get('X-Amz-Expires')) <= 300)
})

test('links can name the server as clients reach it', async () => {
  await using s = await openS3()
  const files = await s.openAgain({ isRedirecting: true }, { publicEndpoint: 'https://videos.example' })
  assert.equal(new URL((await files.sign(KEY, VIEW))!).origin, 'https://videos.example')
})

test('what is wrong is said with what to do', async () => {
  await using s = await openS3()
  const bucket = await s.openAgain({}, { bucket: 'nowhere' })
  assert.match(await messageOf(bucket.check(), true), /bucket nowhere at http:.*no such bucket. Make it/)
  const key = await s.openAgain({ credentials: { accessKeyId: 'nobody', secretAccessKey: 'x' } })
  assert.match(await messageOf(key.check(), true), /Check AWS_ACCESS_KEY_ID/)
  const secret = await s.openAgain({ credentials: { ...S3_KEYS, secretAccessKey: 'wrong' } })
  assert.match(await messageOf(secret.check(), true), /Check AWS_SECRET_ACCESS_KEY/)
  const answers: readonly (readonly [number, string, RegExp])[] = [
    [403, 'AccessDenied', /access is denied. The key needs s3:GetObject, s3:PutObject/],
    [403, 'RequestTimeTooSkewed', /clock and the server's are more than 15 minutes apart/],
    [400, 'ExpiredToken', /temporary keys have ended/],
    [301, 'PermanentRedirect', /not in region us-east-1/],
  ]
  for (const [status, code, message] of answers) {
    s.server.onRequest(() => ({ answer: status, code }))
    assert.match(await messageOf(s.files.check(), true), message, code)
  }
  s.server.onRequest(() => ({ answer: 403, code: 'AccessDenied' }))
  assert.match(await messageOf(s.files.size(KEY), true), /access is denied/, 'an answer without a body')
  const gone = await s.openAgain({}, { endpoint: 'http://127.0.0.1:9' })
  assert.match(await messageOf(gone.check(), false), /ECONNREFUSED/)
})

test('a missing right to list uploads shows in the check, and the check leaves nothing', async () => {
  await using s = await openS3()
  await s.files.check()
  s.server.onRequest(({ kind }) =>
    kind === 'GET uploads' ? { answer: 403, code: 'AccessDenied' } : undefined,
  )
  assert.match(await messageOf(s.files.check(), true), /s3:ListBucketMultipartUploads/)
  assert.deepEqual([s.server.store.keys, s.server.store.uploads.size], [[], 0])
})
