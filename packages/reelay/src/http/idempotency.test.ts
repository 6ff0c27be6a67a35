import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { clientAttemptOf, idempotencyKeyOf } from './idempotency.ts'
import { PNG, startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type Sent } from './test-request.ts'

let api: TestApp
let key: string

beforeEach(() => {
  api = startTestApp()
  key = api.addKey('proj_a')
})
afterEach(() => api.close())

const BASIC = { model: 'wan2.6', prompt: 'a cat' }

const post = (body: unknown, idempotencyKey: string, as = key): Promise<Sent> =>
  send(api, 'POST', '/v1/videos', { key: as, body, headers: { 'idempotency-key': idempotencyKey } })

function multipart(prompt: string, file: Uint8Array<ArrayBuffer> = PNG): FormData {
  const data = new FormData()
  data.append('image', new Blob([file]), 'a.png')
  data.append('model', 'wan2.6')
  data.append('prompt', prompt)
  return data
}

test('a repeated request answers the current object of the first', async () => {
  const first = await post(BASIC, 'k-1')
  api.complete(String(first.body['id']))
  const second = await post({ prompt: 'a cat', model: 'wan2.6' }, '"k-1"')
  assert.equal(second.status, 200)
  assert.deepEqual([second.body['id'], second.body['status']], [first.body['id'], 'completed'])
  assert.equal(second.headers.get('idempotent-replayed'), 'true')
  assert.equal(first.headers.get('idempotent-replayed'), null)
  assert.equal(api.store.tasks.size, 1)
})

test('the boundary does not matter, the bytes of a file do', async () => {
  const first = await post(multipart('x'), 'k')
  const kept = api.files.kept.size
  const second = await post(multipart('x'), 'k')
  assert.equal(second.body['id'], first.body['id'])
  assert.equal(api.files.kept.size, kept)
  const third = await post(multipart('x', new Uint8Array([...PNG, 0])), 'k')
  assert.deepEqual([third.status, errorOf(third).code], [422, 'idempotency_key_reused'])
  assert.equal(api.files.kept.size, kept)
})

test('a repeated request fetches no input again, whatever became of its address', async () => {
  const url = 'https://files.example/a.png'
  const body = { ...BASIC, image: url }
  api.remote.set(url, PNG)
  const first = await post(body, 'k')
  api.remote.clear()
  const second = await post(body, 'k')
  assert.deepEqual([second.status, second.body['id']], [200, first.body['id']])
  assert.equal(second.headers.get('idempotent-replayed'), 'true')
  const other = await post({ ...body, image: `${url}?other` }, 'k')
  assert.deepEqual([other.status, errorOf(other).code], [422, 'idempotency_key_reused'])
  const data = await post(
    { ...body, image: `data:image/png;base64,${Buffer.from(PNG).toString('base64')}` },
    'k',
  )
  assert.equal(data.status, 422)
})

test('bytes are the same file whether they come as a part or as a data URL', async () => {
  const first = await post(multipart('x'), 'k')
  const image = `data:image/png;base64,${Buffer.from(PNG).toString('base64')}`
  const second = await post({ model: 'wan2.6', prompt: 'x', image }, 'k')
  assert.equal(second.body['id'], first.body['id'])
})

test('another prompt under the same key is refused; another project has keys of its own', async () => {
  await post(BASIC, 'k')
  assert.equal((await post({ ...BASIC, prompt: 'a dog' }, 'k')).status, 422)
  assert.equal((await post(BASIC, 'k', api.addKey('proj_b'))).headers.get('idempotent-replayed'), null)
  assert.equal((await post(BASIC, 'k', api.addKey('proj_a'))).headers.get('idempotent-replayed'), 'true')
})

test('while the first is being received the second is told to come back', async () => {
  const gate = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      await gate.promise
      controller.enqueue(new TextEncoder().encode(JSON.stringify(BASIC)))
      controller.close()
    },
  })
  const headers = { 'idempotency-key': 'k', 'content-type': 'application/json' }
  const first = send(api, 'POST', '/v1/videos', { key, body, headers })
  const second = await post(BASIC, 'k')
  assert.deepEqual([second.status, errorOf(second).code], [409, 'request_in_progress'])
  assert.equal(second.headers.get('retry-after'), '1')
  gate.resolve()
  const { body: created } = await first
  assert.equal((await post(BASIC, 'k')).body['id'], created['id'])
})

test('the key of a deleted video answers 404, never a new task', async () => {
  const first = await post(BASIC, 'k')
  await send(api, 'DELETE', `/v1/videos/${String(first.body['id'])}`, { key })
  const second = await post(BASIC, 'k')
  assert.deepEqual([second.status, errorOf(second).code], [404, 'video_not_found'])
  assert.equal(api.store.tasks.size, 1)
})

test('a refused request does not use its key up', async () => {
  assert.equal((await post({ ...BASIC, seconds: 7 }, 'k')).status, 400)
  assert.equal((await post(BASIC, 'k')).status, 200)
})

test('keys are quoted or bare, printable and short', () => {
  assert.equal(idempotencyKeyOf(null), null)
  assert.equal(idempotencyKeyOf('abc'), 'abc')
  assert.equal(idempotencyKeyOf('"a\\"b"'), 'a"b')
  assert.equal(idempotencyKeyOf('x'.repeat(255))?.length, 255)
  for (const bad of ['', '""', 'x'.repeat(256), 'ü']) {
    assert.throws(() => idempotencyKeyOf(bad), { code: 'invalid_value', param: 'Idempotency-Key' })
  }
})

test('only a plain count counts as one', () => {
  assert.equal(clientAttemptOf('0'), 0)
  assert.equal(clientAttemptOf('12'), 12)
  for (const none of [null, '', '-1', '1.5', 'x', '9999']) assert.equal(clientAttemptOf(none), null)
})
