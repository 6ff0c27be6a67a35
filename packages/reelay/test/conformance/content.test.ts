import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clipBytes } from '@reelay/simulator'
import { NotFoundError } from 'openai'
import { call, errorOf, openai, postJson, untilEnded, videoOf, type Answer, type Tries } from './client.ts'
import { startGateway, type Gateway } from './start-gateway.ts'
import { atOnce } from '../support/at-once.ts'

let gateway: Gateway
let done: string
const CLIP = new Uint8Array(clipBytes('mp4'))

before(async () => {
  gateway = await startGateway()
  done = await create('done')
  await untilEnded(gateway, done)
})
after(() => gateway.stop())

async function create(prompt: string): Promise<string> {
  const answer = await postJson(gateway, { model: 'wan2.6', prompt })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return videoOf(answer).id
}

const content = (
  id: string,
  query = '',
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Answer> => call(gateway, method, `/v1/videos/${id}/content${query}`, { headers })

test('C37 openai: content while queued is one request and no file', async () => {
  const id = await create('c37 [up:steps=queued*100000]')
  const tries: Tries = []
  await assert.rejects(openai(gateway, tries).videos.downloadContent(id), (error) => {
    assert.ok(error instanceof NotFoundError)
    assert.equal(error.code, 'video_not_ready')
    return true
  })
  assert.equal(tries.length, 1)
})

test('C38 content of a failed video', async () => {
  const id = await create('c38 [up:failed]')
  await untilEnded(gateway, id)
  const answer = await content(id)
  assert.deepEqual([answer.status, errorOf(answer).code], [404, 'video_failed'])
})

test('C39 content that was removed', async () => {
  const id = await create('c39')
  await untilEnded(gateway, id)
  await gateway.reelay.store.removeArtifacts(id, ['video'])
  const answer = await content(id)
  assert.deepEqual([answer.status, errorOf(answer).code], [410, 'video_expired'])
  assert.equal((await call(gateway, 'GET', `/v1/videos/${id}`)).status, 200)
})

test('C40 openai: the whole file', async () => {
  const response = await openai(gateway).videos.downloadContent(done)
  assert.equal(response.headers.get('content-type'), 'video/mp4')
  assert.equal(response.headers.get('content-length'), String(CLIP.byteLength))
  assert.equal(response.headers.get('accept-ranges'), 'bytes')
  assert.match(response.headers.get('cache-control') ?? '', /private/)
  const bytes = new Uint8Array(await response.arrayBuffer())
  assert.deepEqual(bytes, CLIP)
  assert.equal(new TextDecoder().decode(bytes.subarray(4, 8)), 'ftyp')
})

test('C41 ranges and If-Range', async () => {
  const size = CLIP.byteLength
  const first = await content(done, '', { range: 'bytes=0-3' })
  assert.deepEqual([first.status, first.headers.get('content-range')], [206, `bytes 0-3/${size}`])
  assert.deepEqual(first.bytes, CLIP.subarray(0, 4))
  assert.deepEqual((await content(done, '', { range: 'bytes=-5' })).bytes, CLIP.subarray(size - 5))
  const beyond = await content(done, '', { range: `bytes=${size}-` })
  assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${size}`])
  const other = await content(done, '', { range: 'bytes=0-3', 'if-range': '"other"' })
  assert.deepEqual([other.status, other.bytes.byteLength], [200, size])
})

test('C42 HEAD', async () => {
  const answer = await content(done, '', {}, 'HEAD')
  assert.deepEqual([answer.status, answer.bytes.byteLength], [200, 0])
  assert.equal(answer.headers.get('content-length'), String(CLIP.byteLength))
})

test('C43 video_url without a key, and with a signature that was changed', async () => {
  const url = videoOf(await call(gateway, 'GET', `/v1/videos/${done}`)).video_url ?? ''
  const open = await call(gateway, 'GET', url, { key: null })
  assert.deepEqual([open.status, open.headers.get('content-type')], [200, 'video/mp4'])
  const last = url.at(-2) === 'A' ? 'B' : 'A'
  const tampered = await call(gateway, 'GET', url.slice(0, -2) + last + url.slice(-1), { key: null })
  assert.deepEqual([tampered.status, errorOf(tampered).code], [401, 'invalid_signature'])
})

test('C44 variants', async () => {
  const unknown = await content(done, '?variant=gif')
  assert.deepEqual([unknown.status, errorOf(unknown).code], [400, 'invalid_value'])
  const missing = await content(done, '?variant=spritesheet')
  assert.deepEqual([missing.status, errorOf(missing).code], [404, 'variant_not_available'])
})

test('C48 openai: delete a completed video', async () => {
  const id = await create('c48')
  await untilEnded(gateway, id)
  const deleted = await openai(gateway).videos.delete(id)
  assert.deepEqual({ ...deleted }, { id, object: 'video.deleted', deleted: true })
  assert.equal((await call(gateway, 'GET', `/v1/videos/${id}`)).status, 404)
  assert.equal((await content(id)).status, 404)
  assert.equal((await call(gateway, 'DELETE', `/v1/videos/${id}`)).status, 404)
  const page = await call(gateway, 'GET', '/v1/videos?limit=100')
  assert.equal(JSON.stringify(page.body).includes(id), false)
})

test('C49 delete a video in progress', async () => {
  const id = await create('c49 [up:steps=running:5*100000]')
  const isRunning = (): boolean => atOnce(gateway.reelay.store.loadTask(id))?.progress === 5
  const running = changed(id, isRunning)
  await running
  const ended = changed(id, () => atOnce(gateway.reelay.store.loadTask(id))?.state === 'failed')
  assert.equal((await call(gateway, 'DELETE', `/v1/videos/${id}`)).status, 200)
  await ended
  assert.equal((await gateway.reelay.store.loadTask(id))?.error?.code, 'cancelled')
  assert.equal((await call(gateway, 'GET', `/v1/videos/${id}`)).status, 404)
})

/** Resolves when a task satisfies a condition, now or after a change. */
function changed(id: string, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    if (condition()) return resolve()
    const stop = gateway.reelay.store.onChange((changedId) => {
      if (changedId !== id || !condition()) return
      stop()
      resolve()
    })
  })
}

const remix = (id: string): Promise<Answer> =>
  call(gateway, 'POST', `/v1/videos/${id}/remix`, {
    body: JSON.stringify({ prompt: 'again' }),
    headers: { 'content-type': 'application/json' },
  })

test('C50 remix', async () => {
  const early = await remix(await create('c50 [up:steps=queued*100000]'))
  assert.deepEqual([early.status, errorOf(early).code], [400, 'video_not_ready'])
  const late = await remix(done)
  assert.deepEqual([late.status, errorOf(late).code], [400, 'operation_not_supported'])
})

test('C54 a loop as CometAPI’s own pages write it', async () => {
  type Task = { id?: string; task_id?: string; status: string; video_url?: string; url?: string }
  const created = (await postJson(gateway, { model: 'wan2.6', prompt: 'c54' })).body as Task
  const id = created.id ?? created.task_id ?? ''
  let task = created
  for (let looks = 0; looks < 100 && !['completed', 'failed', 'error'].includes(task.status); looks += 1) {
    task = (await call(gateway, 'GET', `/v1/videos/${id}`, { headers: { prefer: 'wait=1' } })).body as Task
  }
  assert.equal(task.status, 'completed')
  const file = await call(gateway, 'GET', task.video_url ?? task.url ?? '', { key: null })
  assert.deepEqual(file.bytes, CLIP)
})
