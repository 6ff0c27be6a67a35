import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { Plan } from '../providers/catalog.ts'
import type { TaskState } from '../task/state.ts'
import { inputUrl } from './input-content.ts'
import { signLink } from './signed-link.ts'
import { PNG, startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send } from './test-request.ts'

const LINK_KEYS = [Buffer.alloc(32, 1)]
const LIFE_MS = 60_000

let api: TestApp
let key: string
let taskId: string

beforeEach(async () => {
  api = startTestApp()
  key = api.addKey('proj_a')
  const created = await send(api, 'POST', '/v1/videos', { key, body: form() })
  taskId = String(created.body['id'])
})
afterEach(async () => {
  assert.equal(api.files.openStreams, 0)
  await api.close()
})

function form(): FormData {
  const data = new FormData()
  data.append('model', 'wan2.6')
  data.append('prompt', 'x')
  data.append('image', new Blob([PNG]), 'a.png')
  return data
}

const pathTo = (index: number, linkKeys: readonly Uint8Array[] = LINK_KEYS): string =>
  inputUrl({ publicUrl: '', linkKeys, taskId, index, expiresAtMs: api.clock.nowMs() + LIFE_MS })

test('a provider gets the file as it is, and nothing else', async () => {
  const sent = await send(api, 'GET', pathTo(0))
  assert.equal(sent.status, 200)
  assert.deepEqual(sent.bytes, PNG)
  const expected = {
    'content-type': 'image/png',
    'content-length': String(PNG.byteLength),
    'cache-control': 'no-store',
    'content-disposition': 'attachment; filename="input-0.png"',
    'x-content-type-options': 'nosniff',
  }
  for (const [name, value] of Object.entries(expected)) assert.equal(sent.headers.get(name), value, name)
})

test('HEAD says the same without the bytes', async () => {
  const sent = await send(api, 'HEAD', pathTo(0))
  assert.deepEqual([sent.status, sent.headers.get('content-length')], [200, String(PNG.byteLength)])
  assert.equal(sent.bytes.byteLength, 0)
})

test('a link opens its own file, until it expires, and only as it was signed', async () => {
  const path = pathTo(0)
  const content = { kind: 'content', id: `${taskId}.0`, variant: 'video' } as const
  const wrong = [
    path.replace('.0?', '.1?'),
    path.replace(/exp=\d+/, 'exp=99999999999'),
    path.replace(/&sig=.*/, ''),
    pathTo(0, [Buffer.alloc(32, 9)]),
    `/v1/inputs/${taskId}.0?${signLink(LINK_KEYS, content, api.clock.nowMs() + LIFE_MS)}`,
  ]
  for (const other of wrong) {
    const sent = await send(api, 'GET', other)
    assert.deepEqual([sent.status, errorOf(sent).code], [401, 'invalid_signature'], other)
  }
  assert.equal((await send(api, 'GET', `/v1/inputs/${taskId}.0`, { key })).status, 401, 'a key is no link')
  api.clock.advance(LIFE_MS + 1_000)
  assert.equal((await send(api, 'GET', path)).status, 401)
})

test('a well signed link to what is not there is 404', async () => {
  const nowhere = { kind: 'input', id: 'video_x.0' } as const
  const paths = [
    pathTo(1),
    pathTo(0).replaceAll(taskId, 'x'),
    `/v1/inputs/${nowhere.id}?${signLink(LINK_KEYS, nowhere, api.clock.nowMs() + LIFE_MS)}`,
  ]
  for (const path of paths) {
    const sent = await send(api, 'GET', path)
    assert.deepEqual([sent.status, errorOf(sent).code], [404, 'input_not_found'], path)
  }
})

for (const state of ['completed', 'failed', 'error'] as const satisfies readonly TaskState[]) {
  test(`nothing is handed out of a task that is ${state}, even while its files are still there`, async () => {
    api.store.change(taskId, { state })
    const sent = await send(api, 'GET', pathTo(0))
    assert.deepEqual([sent.status, errorOf(sent).code], [404, 'input_not_found'])
  })
}

test('nothing is handed out of a deleted task', async () => {
  await send(api, 'DELETE', `/v1/videos/${taskId}`, { key })
  assert.equal((await send(api, 'GET', pathTo(0))).status, 404)
})

test('a file that is gone is 404', async () => {
  api.files.kept.clear()
  assert.equal((await send(api, 'GET', pathTo(0))).status, 404)
})

test('a model whose provider could not fetch the file is refused at create, and nothing is kept', async () => {
  const message = 'Set REELAY_PUBLIC_URL.'
  const plan = (): Plan => ({ kind: 'unreachable', param: 'input_reference', message })
  const shut = startTestApp({}, { catalog: { plan, list: () => [] } })
  const sent = await send(shut, 'POST', '/v1/videos', { key: shut.addKey('proj_a'), body: form() })
  assert.equal(sent.status, 400)
  assert.deepEqual(errorOf(sent), {
    code: 'public_url_required',
    message,
    type: 'invalid_request_error',
    param: 'input_reference',
  })
  assert.equal(shut.files.kept.size, 0)
  await shut.close()
})
