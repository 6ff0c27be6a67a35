import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createReelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { silentLog } from '../../src/system/log.ts'
import { API_KEY, GatewayProcess } from '../crash/gateway-process.ts'
import { ask, create, untilEnded, videoOf, type Target } from '../e2e/client.ts'
import { openGateway, type OpenGateway } from '../e2e/open-gateway.ts'
import { BUCKET, S3_KEYS, startS3Server, type S3Server } from './s3-server.ts'

const LIMIT = { timeout: 120_000 }
const FIELDS = { model: 'local/preview', prompt: 'a boat', seconds: '1', size: '320x180' }
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

const settingsOf = (server: S3Server): Record<string, string> => ({
  REELAY_STORAGE_URL: `s3://${BUCKET}/gateway?endpoint=${server.url}`,
  AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
})

async function openOnS3(
  t: TestContext,
  more: Record<string, string> = {},
): Promise<{ server: S3Server; gateway: OpenGateway }> {
  const server = await startS3Server()
  t.after(() => server[Symbol.asyncDispose]())
  const gateway = await openGateway({ ...settingsOf(server), ...more })
  t.after(() => gateway.stop())
  return { server, gateway }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const contentOf = (target: Target, id: string, range?: string) =>
  ask(target, `/v1/videos/${id}/content`, range === undefined ? {} : { headers: { range } })

test(
  'a video is archived to the bucket with its poster, and is read from there whole and in parts',
  LIMIT,
  async (t) => {
    const { server, gateway } = await openOnS3(t)
    const { id } = await create(gateway, FIELDS)
    const video = await untilEnded(gateway, id)
    assert.equal(video.status, 'completed')
    const names = server.store.keys.filter((key) => key.includes(id))
    assert.deepEqual(
      names.map((name) => name.replace(/.*\.(?=\w+\.0)/, '')),
      ['spritesheet.0.jpg', 'thumbnail.0.jpg', 'video.0.mp4'],
    )
    const whole = await contentOf(gateway, id)
    assert.deepEqual([whole.status, sha256(whole.bytes)], [200, video.reelay?.sha256])
    const size = whole.bytes.byteLength
    for (const [range, status, bytes] of [
      ['bytes=0-0', 206, whole.bytes.subarray(0, 1)],
      ['bytes=10-19', 206, whole.bytes.subarray(10, 20)],
      ['bytes=-5', 206, whole.bytes.subarray(-5)],
      [`bytes=${size - 3}-${size + 99}`, 206, whole.bytes.subarray(-3)],
    ] as const) {
      const part = await contentOf(gateway, id, range)
      assert.deepEqual([part.status, part.bytes], [status, bytes], range)
    }
    assert.equal((await contentOf(gateway, id, `bytes=${size}-`)).status, 416)
    const poster = await ask(gateway, `/v1/videos/${id}/content?variant=thumbnail`)
    assert.deepEqual([poster.status, poster.headers.get('content-type')], [200, 'image/jpeg'])
    const sheet = await ask(gateway, `/v1/videos/${id}/content?variant=spritesheet`)
    assert.deepEqual([sheet.status, sheet.headers.get('content-type')], [200, 'image/jpeg'])
    await ask(gateway, `/v1/videos/${id}`, { method: 'DELETE' })
    assert.deepEqual(
      server.store.keys.filter((key) => key.includes(id)),
      [],
    )
  },
)

test(
  'inputs are in the bucket before the answer, are used from there, and go with the end',
  LIMIT,
  async (t) => {
    const { server, gateway } = await openOnS3(t)
    const body = new FormData()
    for (const [name, value] of Object.entries(FIELDS)) body.append(name, value)
    body.append('input_reference', new Blob([PNG]), 'a.png')
    const { id } = videoOf(await ask(gateway, '/v1/videos', { method: 'POST', body }))
    const before = server.requests.filter(
      ({ kind, key }) => kind === 'PUT object' && key.includes(`inputs/${id}`),
    )
    assert.equal(before.length, 1)
    const removed = Promise.withResolvers<void>()
    const remove = server.store.remove.bind(server.store)
    t.mock.method(server.store, 'remove', async (key: string) => {
      await remove(key)
      if (key.includes(`inputs/${id}`)) removed.resolve()
    })
    assert.equal((await untilEnded(gateway, id)).status, 'completed')
    // They go right after the commit that clients see.
    await removed.promise
    assert.deepEqual(
      server.store.keys.filter((key) => key.includes('inputs/')),
      [],
    )
  },
)

test(
  'while the storage is away a create with a file is refused for now, and readiness tells',
  LIMIT,
  async (t) => {
    const { server, gateway } = await openOnS3(t)
    const stored = async () => {
      const { json } = await ask(gateway, '/readyz')
      return JSON.stringify(json)
    }
    server.onRequest(() => ({ answer: 403, code: 'AccessDenied' }))
    const body = new FormData()
    for (const [name, value] of Object.entries(FIELDS)) body.append(name, value)
    body.append('input_reference', new Blob([PNG]), 'a.png')
    const refused = await ask(gateway, '/v1/videos', { method: 'POST', body })
    assert.equal(refused.status, 503)
    assert.match(await stored(), /"status":"ready".*access is denied/)
  },
)

test(
  'a storage that can never work ends the start with what to do; one that is away does not',
  LIMIT,
  async (t) => {
    const server = await startS3Server()
    t.after(() => server[Symbol.asyncDispose]())
    const directory = await mkdtemp(join(tmpdir(), 'reelay-s3-start-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const open = (url: string) =>
      createReelay(
        loadConfig({
          ...settingsOf(server),
          REELAY_DATA_DIR: directory,
          REELAY_PORT: '0',
          REELAY_STORAGE_URL: url,
        }),
        { log: silentLog },
      )
    await assert.rejects(open(`s3://nowhere?endpoint=${server.url}`), {
      name: 'StorageUnavailable',
      message: /there is no such bucket. Make it, or correct REELAY_STORAGE_URL/,
    })
    await (await open(`s3://${BUCKET}?endpoint=http://127.0.0.1:9`)).stop()
  },
)

test(
  'clients are sent to the bucket where that is set, by GET and HEAD, with a key or a link',
  LIMIT,
  async (t) => {
    const { gateway } = await openOnS3(t, { REELAY_STORAGE_REDIRECT: 'true' })
    const { id } = await create(gateway, FIELDS)
    const video = await untilEnded(gateway, id)
    const headers = { authorization: `Bearer ${gateway.key}` }
    for (const [path, type] of [
      [`${gateway.url}/v1/videos/${id}/content`, 'video/mp4'],
      [`${gateway.url}/v1/videos/${id}/content?variant=thumbnail`, 'image/jpeg'],
      [video.video_url ?? '', 'video/mp4'],
    ] as const) {
      for (const method of ['GET', 'HEAD']) {
        const sent = await fetch(path, { method, headers, redirect: 'manual' })
        assert.deepEqual([sent.status, sent.headers.get('cache-control')], [302, 'no-store'], path)
        const there = await fetch(sent.headers.get('location') ?? '', { method })
        assert.deepEqual([there.status, there.headers.get('content-type')], [200, type], method)
        assert.match(there.headers.get('content-disposition') ?? '', new RegExp(`inline; filename="${id}`))
      }
    }
    // As any client does that follows: the range goes along, and the key does not.
    const part = await contentOf(gateway, id, 'bytes=0-9')
    assert.deepEqual([part.status, part.bytes.byteLength], [206, 10])
    const etag = `"${video.reelay?.sha256}"`
    const unchanged = await ask(gateway, `/v1/videos/${id}/content`, { headers: { 'if-none-match': etag } })
    assert.equal(unchanged.status, 304)
    const unknown = await fetch(`${gateway.url}/v1/videos/${id}/content`, { redirect: 'manual' })
    assert.equal(unknown.status, 401)
  },
)

test(
  'a kill between keeping and committing leaves a loser, which the next archive removes',
  LIMIT,
  async (t) => {
    const server = await startS3Server()
    t.after(() => server[Symbol.asyncDispose]())
    const directory = await mkdtemp(join(tmpdir(), 'reelay-s3-kill-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const settings = { ...settingsOf(server), REELAY_DATA_DIR: directory, REELAY_PROVIDERS: 'local' }
    const doomed = await GatewayProcess.start({ ...settings, CRASH_AT: 'archive.kept' })
    t.after(() => doomed.kill())
    const id = await doomed.create(FIELDS)
    assert.ok(id !== undefined)
    await doomed.ended()
    const losers = server.store.keys.filter((key) => key.includes(id))
    assert.equal(losers.length, 3)
    const spooled = async () => {
      const names = await readdir(join(directory, 'spool'), { recursive: true })
      return names.filter((name) => name.endsWith('.part'))
    }
    const gateway = await GatewayProcess.start(settings)
    t.after(() => gateway.kill())
    const target = { url: gateway.url, key: API_KEY }
    const video = await untilEnded(target, id)
    assert.equal(video.status, 'completed')
    const winners = server.store.keys.filter((key) => key.includes(id))
    assert.equal(winners.length, 3)
    assert.deepEqual(
      winners.filter((key) => losers.includes(key)),
      [],
    )
    assert.equal(sha256((await contentOf(target, id)).bytes), video.reelay?.sha256)
    assert.deepEqual([await spooled(), server.store.uploads.size], [[], 0])
    await gateway.stop()
  },
)
