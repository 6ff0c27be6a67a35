import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { signLink } from './signed-link.ts'
import { MP4, startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type Sent } from './test-request.ts'

let api: TestApp
let key: string
let id: string

beforeEach(async () => {
  api = startTestApp()
  key = api.addKey('proj_a')
  const created = await send(api, 'POST', '/v1/videos', { key, body: { model: 'wan2.6', prompt: 'x' } })
  id = String(created.body['id'])
})
afterEach(async () => {
  assert.equal(api.files.openStreams, 0)
  await api.close()
})

const content = (query = '', headers: Record<string, string> = {}, method = 'GET'): Promise<Sent> =>
  send(api, method, `/v1/videos/${id}/content${query}`, { key, headers })

test('before completion 404 video_not_ready, never a success', async () => {
  const sent = await content()
  assert.deepEqual([sent.status, errorOf(sent).code], [404, 'video_not_ready'])
  assert.equal(sent.headers.get('x-should-retry'), 'false')
  assert.ok(Number(sent.headers.get('retry-after')) <= 60)
})

test('failed, expired and unknown variants', async () => {
  assert.deepEqual(errorOf(await content('?variant=gif')).code, 'invalid_value')
  api.complete(id)
  const none = await content('?variant=spritesheet')
  assert.deepEqual([none.status, errorOf(none).code], [404, 'variant_not_available'])
  api.files.kept.clear()
  const lost = await content()
  assert.deepEqual([lost.status, errorOf(lost).code], [410, 'video_expired'])
  await api.store.removeArtifacts(id, ['video'])
  const expired = await content()
  assert.deepEqual([expired.status, errorOf(expired).code], [410, 'video_expired'])
  const retrieved = await send(api, 'GET', `/v1/videos/${id}`, { key })
  assert.equal('video_url' in retrieved.body, false)
  api.store.change(id, { state: 'failed' })
  const failed = await content()
  assert.deepEqual([failed.status, errorOf(failed).code], [404, 'video_failed'])
})

test('the whole file, with its length, type and name', async () => {
  api.complete(id)
  const { status, headers, bytes } = await content()
  assert.equal(status, 200)
  assert.deepEqual(bytes, MP4)
  assert.equal(headers.get('content-length'), String(MP4.byteLength))
  assert.equal(headers.get('content-type'), 'video/mp4')
  assert.equal(headers.get('accept-ranges'), 'bytes')
  assert.equal(headers.get('content-disposition'), `inline; filename="${id}.mp4"`)
  assert.match(headers.get('cache-control') ?? '', /private/)
  assert.match(headers.get('etag') ?? '', /^"[0-9a-f]{64}"$/)
})

test('ranges', async () => {
  api.complete(id)
  const size = MP4.byteLength
  const cases: [string, number, string | null, number][] = [
    ['bytes=0-3', 206, `bytes 0-3/${size}`, 4],
    ['bytes=-5', 206, `bytes ${size - 5}-${size - 1}/${size}`, 5],
    [`bytes=${size - 1}-`, 206, `bytes ${size - 1}-${size - 1}/${size}`, 1],
    [`bytes=0-${size * 2}`, 206, `bytes 0-${size - 1}/${size}`, size],
    [`bytes=-${size * 2}`, 206, `bytes 0-${size - 1}/${size}`, size],
    ['bytes=0-1,4-5', 200, null, size],
    ['bytes=5-2', 200, null, size],
    ['items=0-3', 200, null, size],
    ['bytes=-', 200, null, size],
  ]
  for (const [range, status, contentRange, length] of cases) {
    const sent = await content('', { range })
    assert.deepEqual(
      [sent.status, sent.headers.get('content-range'), sent.bytes.byteLength],
      [status, contentRange, length],
    )
    assert.equal(sent.headers.get('content-length'), String(length))
  }
  for (const range of [`bytes=${size}-`, 'bytes=-0']) {
    const sent = await content('', { range })
    assert.deepEqual([sent.status, errorOf(sent).code], [416, 'range_not_satisfiable'])
    assert.equal(sent.headers.get('content-range'), `bytes */${size}`)
  }
  assert.deepEqual((await content('', { range: 'bytes=4-7' })).bytes, MP4.subarray(4, 8))
})

test('If-Range and If-None-Match', async () => {
  api.complete(id)
  const etag = (await content()).headers.get('etag') ?? ''
  assert.equal((await content('', { range: 'bytes=0-3', 'if-range': etag })).status, 206)
  for (const other of ['"x"', `W/${etag}`, 'Wed, 21 Oct 2026 07:28:00 GMT']) {
    assert.equal((await content('', { range: 'bytes=0-3', 'if-range': other })).status, 200)
  }
  const same = await content('', { 'if-none-match': etag })
  assert.deepEqual([same.status, same.bytes.byteLength], [304, 0])
})

test('HEAD opens nothing', async () => {
  api.complete(id)
  const sent = await content('', {}, 'HEAD')
  assert.deepEqual([sent.status, sent.bytes.byteLength], [200, 0])
  assert.equal(sent.headers.get('content-length'), String(MP4.byteLength))
})

test('clients are sent to the storage where it hands files out, unless they have the file or it is gone', async () => {
  api.complete(id)
  api.files.linkBase = 'https://bucket.example'
  for (const method of ['GET', 'HEAD']) {
    const sent = await content('', { range: 'bytes=0-1' }, method)
    assert.deepEqual([sent.status, sent.bytes.byteLength], [302, 0])
    assert.equal(sent.headers.get('cache-control'), 'no-store')
    const location = new URL(sent.headers.get('location') ?? '')
    assert.equal(location.origin, 'https://bucket.example')
    assert.deepEqual(Object.fromEntries(location.searchParams), {
      method,
      mime: 'video/mp4',
      disposition: `inline; filename="${id}.mp4"`,
    })
  }
  api.files.linkBase = null
  const etag = (await content('', {}, 'HEAD')).headers.get('etag') ?? ''
  api.files.linkBase = 'https://bucket.example'
  assert.equal((await content('', { 'if-none-match': etag })).status, 304)
  api.files.kept.clear()
  assert.equal((await content()).status, 410)
})

test('the signed link needs no key, and opens nothing else', async () => {
  api.complete(id)
  const { body } = await send(api, 'GET', `/v1/videos/${id}`, { key })
  const url = new URL(String(body['video_url']))
  const open = (path: string): Promise<Sent> => send(api, 'GET', path)
  const path = url.pathname + url.search
  assert.deepEqual((await open(path)).bytes, MP4)
  const swapped = path.replace('content?', 'content?variant=thumbnail&')
  const sig = url.searchParams.get('sig') ?? ''
  const flipped = `${sig.startsWith('A') ? 'B' : 'A'}${sig.slice(1)}`
  const exp = Number(url.searchParams.get('exp'))
  for (const bad of [
    swapped,
    path.replace(sig, flipped),
    path.replace(`exp=${exp}`, `exp=${exp + 1}`),
    path.replace(/&sig=.*/, ''),
    path.replace(/exp=\d+&/, ''),
    path.replace(id, `video_${'0'.repeat(26)}`),
  ]) {
    const sent = await open(bad)
    assert.deepEqual([sent.status, errorOf(sent).code], [401, 'invalid_signature'], bad)
  }
  api.clock.advance(3_600_001)
  assert.equal((await open(path)).status, 401)
})

test('a link signed with the previous key still opens; a deleted video does not', async () => {
  api.complete(id)
  const subject = { kind: 'content', id, variant: 'video' } as const
  const old = signLink([Buffer.alloc(32, 2)], subject, api.clock.nowMs() + 60_000)
  assert.equal((await send(api, 'GET', `/v1/videos/${id}/content?${old}`)).status, 200)
  await send(api, 'DELETE', `/v1/videos/${id}`, { key })
  assert.equal((await send(api, 'GET', `/v1/videos/${id}/content?${old}`)).status, 404)
  assert.equal(api.files.kept.size, 0)
})

test('without a key or a link 401; with another project’s key 404; without the scope 403', async () => {
  api.complete(id)
  const path = `/v1/videos/${id}/content`
  assert.equal((await send(api, 'GET', path)).status, 401)
  assert.equal((await send(api, 'GET', path, { key: api.addKey('proj_b') })).status, 404)
  assert.equal((await send(api, 'GET', path, { key: api.addKey('proj_a', ['read']) })).status, 403)
})
