import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { StoreUnavailable } from '../store/store.ts'
import { bodyBytesMaxOf } from './body-bytes-max.ts'
import { TEST_LIMITS, JPEG, PNG, startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type Sent } from './test-request.ts'

let api: TestApp
let key: string

beforeEach(() => {
  api = startTestApp()
  key = api.addKey('proj_a')
})
afterEach(() => api.close())

const post = (body: unknown, headers: Record<string, string> = {}): Promise<Sent> =>
  send(api, 'POST', '/v1/videos', { key, body, headers })

const BASIC = { model: 'wan2.6', prompt: 'a cat' }

const form = (entries: readonly (readonly [string, string | Blob])[]): FormData => {
  const data = new FormData()
  for (const [name, value] of entries) {
    if (typeof value === 'string') data.append(name, value)
    else data.append(name, value, 'file.bin')
  }
  return data
}

test('JSON, urlencoded and multipart decode to the same request', async () => {
  const fields = { ...BASIC, seconds: '5', size: '1280x720', seed: '7', generate_audio: 'true' }
  await post(fields)
  await post(new URLSearchParams(fields))
  await post(form(Object.entries(fields)))
  const [first, ...others] = api.planned
  assert.equal(first?.seed, 7)
  assert.equal(first?.generateAudio, true)
  assert.equal(others.length, 2)
  for (const other of others) assert.deepEqual(other, first)
})

test('a create answers the whole object, and the task is stored', async () => {
  const { status, body, headers } = await post({ ...BASIC, seconds: 5, metadata: { a: 1 } })
  assert.equal(status, 200)
  assert.deepEqual(
    [body['task_id'], body['status'], body['seconds'], body['progress']],
    [body['id'], 'queued', '5', 0],
  )
  assert.deepEqual(body['metadata'], { a: 1 })
  assert.equal(headers.get('location'), `/v1/videos/${String(body['id'])}`)
  const task = api.store.tasks.get(String(body['id']))
  assert.equal(task?.state, 'queued')
  assert.equal(task?.deadlineAtMs, api.clock.nowMs() + 3_600_000)
  assert.equal('video_url' in body, false)
})

test('a size may be written as a ratio, an orientation or a tier', async () => {
  const written = { '16:9': '16:9', '1:1': '1:1', '9X16': '9:16', '720P': '720p', '1280*720': '1280x720' }
  for (const [size, meant] of Object.entries(written)) {
    assert.equal((await post({ ...BASIC, size })).status, 200, size)
    const { aspectRatio, resolution, size: pixels } = api.planned.at(-1) ?? {}
    assert.equal(pixels ?? aspectRatio ?? resolution, meant)
  }
})

test('aliases, bracket keys and repeated names', async () => {
  const { status } = await post(
    form([
      ['model', 'wan2.6'],
      ['prompt', 'x'],
      ['duration', '5'],
      ['ratio', '16x9'],
      ['metadata[a]', 'b'],
      ['metadata[n][deep]', '1'],
      ['metadata[__proto__][x]', '1'],
      ['provider_options', '{"steps": 4}'],
      ['webhook_url', 'https://app.example/hook'],
    ]),
  )
  assert.equal(status, 200)
  const [planned] = api.planned
  assert.equal(planned?.seconds, '5')
  assert.equal(planned?.aspectRatio, '16:9')
  assert.deepEqual(planned?.providerOptions, { steps: 4 })
  const [task] = api.store.tasks.values()
  assert.deepEqual(task?.metadata, { a: 'b', n: { deep: '1' } })
  assert.equal(task?.callbackUrl, 'https://app.example/hook')
})

test('files before fields, several in their order, are durable before the answer', async () => {
  const { status, body } = await post(
    form([
      ['input_reference', new Blob([PNG])],
      ['input_reference', new Blob([JPEG])],
      ['prompt', 'x'],
      ['model', 'wan2.6'],
    ]),
  )
  assert.equal(status, 200, JSON.stringify(body))
  const artifacts = api.store.artifacts(String(body['id']))
  assert.deepEqual(
    artifacts.map((artifact) => [artifact.index, artifact.mime, artifact.bytes]),
    [
      [0, 'image/png', PNG.byteLength],
      [1, 'image/jpeg', JPEG.byteLength],
    ],
  )
  for (const { storageKey } of artifacts) assert.ok(api.files.kept.has(storageKey))
  assert.equal(api.files.staged.size, 0)
})

test('inputs by URL, by data URL and by the object that newer clients send', async () => {
  api.remote.set('https://e.x/a.png', PNG)
  const data = `data:image/png;base64,${Buffer.from(PNG).toString('base64')}`
  for (const input of [
    'https://e.x/a.png',
    data,
    { image_url: data },
    [data],
    { url: 'https://e.x/a.png' },
  ]) {
    const { status, body } = await post({ ...BASIC, input_reference: input })
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(
      api.store.artifacts(String(body['id']))[0]?.sha256,
      api.store.artifacts(String(body['id']))[0]?.sha256,
    )
    assert.equal(api.planned.at(-1)?.inputs[0]?.bytes, PNG.byteLength)
  }
  const bracket = form([
    ['model', 'wan2.6'],
    ['prompt', 'x'],
    ['input_reference[image_url]', data],
  ])
  assert.equal((await post(bracket)).status, 200)
})

test('each bad request names its code and its field, stores nothing and leaves no file', async () => {
  const file = new Blob([PNG])
  const big = new Blob([PNG, new Uint8Array(TEST_LIMITS.fileBytesMax)])
  const cases: [unknown, number, string, string | null][] = [
    [{ prompt: 'x' }, 400, 'missing_required_parameter', 'model'],
    [{ model: 'wan2.6', prompt: '  ' }, 400, 'missing_required_parameter', 'prompt'],
    [{ ...BASIC, model: 'nope' }, 400, 'model_not_found', 'model'],
    [{ ...BASIC, seconds: 7 }, 400, 'invalid_value', 'seconds'],
    [{ ...BASIC, seconds: 'five' }, 400, 'invalid_value', 'seconds'],
    [{ ...BASIC, size: '9x' }, 400, 'invalid_value', 'size'],
    [{ ...BASIC, size: '1x1' }, 400, 'invalid_value', 'size'],
    [{ ...BASIC, size: '64*64' }, 400, 'invalid_value', 'size'],
    [{ ...BASIC, promt: 'x' }, 400, 'unknown_parameter', 'promt'],
    [{ ...BASIC, seconds: 5, duration: 10 }, 400, 'invalid_value', 'duration'],
    [{ ...BASIC, callback_url: 'nope' }, 400, 'invalid_value', 'callback_url'],
    [{ ...BASIC, callback_url: 'http://10.0.0.1/' }, 400, 'invalid_value', 'callback_url'],
    [{ ...BASIC, deadline: 59 }, 400, 'invalid_value', 'deadline'],
    [{ ...BASIC, normalize: 'maybe' }, 400, 'invalid_value', 'normalize'],
    [{ ...BASIC, metadata: 'x' }, 400, 'invalid_value', 'metadata'],
    [{ ...BASIC, metadata: { a: 'x'.repeat(17_000) } }, 400, 'invalid_value', 'metadata'],
    [{ ...BASIC, input_reference: 'https://10.0.0.1/a.png' }, 400, 'invalid_value', 'input_reference'],
    [{ ...BASIC, input_reference: 'data:image/png;base64,AAAA' }, 400, 'invalid_value', 'input_reference'],
    [{ ...BASIC, input_reference: { file_id: 'f' } }, 400, 'invalid_value', 'input_reference'],
    [{ ...BASIC, prompt: 'x'.repeat(4_001) }, 400, 'invalid_value', 'prompt'],
    [JSON.parse(`${'[{"a":'.repeat(20)}1${'}]'.repeat(20)}`), 400, 'invalid_json', null],
    [form([...Object.entries(BASIC), ['prompt', 'twice']]), 400, 'invalid_value', 'prompt'],
    [form([...Object.entries(BASIC), ['image', file], ['seed', file]]), 400, 'invalid_value', 'seed'],
    [form([...Object.entries(BASIC), ['metadata[a]', file]]), 400, 'invalid_value', 'metadata'],
    [form([...Object.entries(BASIC), ['image', new Blob(['<html>'])]]), 400, 'invalid_value', 'image'],
    [form([...Object.entries(BASIC), ['image', big]]), 413, 'payload_too_large', null],
    [
      form([...Object.entries(BASIC), ...[1, 2, 3, 4].map((): [string, Blob] => ['image', file])]),
      400,
      'invalid_value',
      'input_reference',
    ],
    [
      form(Array.from({ length: 41 }, (_, index): [string, string] => [`metadata[${index}a]`, 'x'])),
      400,
      'invalid_multipart',
      null,
    ],
  ]
  for (const [body, status, code, param] of cases) {
    const answer = await post(body)
    const error = errorOf(answer)
    assert.deepEqual([answer.status, error.code, error.param], [status, code, param], JSON.stringify(error))
  }
  assert.equal(api.store.tasks.size, 0)
  assert.equal(api.files.kept.size, 0)
  assert.equal(api.files.staged.size, 0)
})

test('unknown parameters name the nearest one', async () => {
  assert.match(errorOf(await post({ ...BASIC, promt: 'x' })).message, /Did you mean prompt\?/)
})

test('bodies that cannot be read', async () => {
  const raw = (body: string, type: string): Promise<Sent> =>
    send(api, 'POST', '/v1/videos', { key, body, headers: { 'content-type': type } })
  const cases: [string, string, number, string][] = [
    ['{', 'application/json', 400, 'invalid_json'],
    ['[]', 'application/json', 400, 'invalid_json'],
    ['hello', 'text/plain', 415, 'unsupported_media_type'],
    ['garbage', 'multipart/form-data; boundary=x', 400, 'invalid_multipart'],
    ['--x\r\n', 'multipart/form-data', 400, 'invalid_multipart'],
    [
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nhalf',
      'multipart/form-data; boundary=x',
      400,
      'invalid_multipart',
    ],
    [`{"prompt":"${'x'.repeat(70_000)}"}`, 'application/json', 413, 'payload_too_large'],
    ['a[b]=1&a=2', 'application/x-www-form-urlencoded', 400, 'invalid_form'],
  ]
  for (const [body, type, status, code] of cases) {
    const answer = await raw(body, type)
    assert.deepEqual([answer.status, errorOf(answer).code], [status, code], body.slice(0, 40))
  }
  const empty = await send(api, 'POST', '/v1/videos', { key })
  assert.equal(empty.status, 415)
})

test('a JSON null is an absent field, and prototype keys are ignored', async () => {
  const text =
    '{"model":"wan2.6","prompt":"x","seconds":null,"__proto__":{"a":1},"metadata":{"__proto__":{"b":2},"c":3}}'
  const { status, body } = await send(api, 'POST', '/v1/videos', {
    key,
    body: text,
    headers: { 'content-type': 'application/json' },
  })
  assert.equal(status, 200, JSON.stringify(body))
  assert.deepEqual(body['metadata'], { c: 3 })
})

test('a slow body is refused when its time is over', async () => {
  const body = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) })
  const pending = send(api, 'POST', '/v1/videos', {
    key,
    body,
    headers: { 'content-type': 'application/json' },
  })
  await api.clock.untilSleeping()
  api.clock.advance(30_001)
  const answer = await pending
  assert.deepEqual([answer.status, errorOf(answer).code], [408, 'request_timeout'])
})

test('a default model stands in for a missing one', async () => {
  const other = startTestApp({ defaultModel: 'wan2.6' })
  const { status, body } = await send(other, 'POST', '/v1/videos', {
    key: other.addKey('p'),
    body: { prompt: 'x' },
  })
  assert.deepEqual([status, body['model']], [200, 'wan2.6'])
  await other.close()
})

test('a database that cannot be written answers 503, with Retry-After, and keeps no file', async () => {
  api.store.failure = new StoreUnavailable('disk I/O error')
  const answer = await post(form([...Object.entries(BASIC), ['image', new Blob([PNG])]]))
  assert.deepEqual([answer.status, errorOf(answer).code], [503, 'overloaded'])
  assert.equal(answer.headers.get('retry-after'), '5')
  assert.equal(api.files.kept.size, 0)
})

test('a create whose commit may have landed keeps its files: the task would need them', async () => {
  api.store.failure = new StoreUnavailable('the answer was lost', { mayBeStored: true })
  const answer = await post(form([...Object.entries(BASIC), ['image', new Blob([PNG])]]))
  assert.deepEqual([answer.status, errorOf(answer).code], [503, 'overloaded'])
  assert.equal(api.files.kept.size, 1)
})

const image = (bytes: number): string => {
  const file = Buffer.alloc(bytes)
  file.set(PNG)
  return `data:image/png;base64,${file.toString('base64')}`
}

test('a file of the largest size fits as a data URL, one byte more does not', async () => {
  const fileBytesMax = 3 * 1024 * 1024 + 1
  const limits = { ...TEST_LIMITS, fileBytesMax, bodyBytesMax: bodyBytesMaxOf(fileBytesMax) }
  const other = startTestApp({ limits })
  const as = other.addKey('p')
  const answers = [fileBytesMax, fileBytesMax + 1].map((bytes) =>
    send(other, 'POST', '/v1/videos', { key: as, body: { ...BASIC, image: image(bytes) } }),
  )
  assert.deepEqual(
    (await Promise.all(answers)).map(({ status }) => status),
    [200, 413],
  )
  await other.close()
})

test('what nobody foresaw is a 500 with the request id, and says nothing more', async () => {
  api.store.failure = new Error('secret detail')
  const answer = await post(BASIC)
  assert.equal(answer.status, 500)
  assert.match(errorOf(answer).message, new RegExp(answer.headers.get('x-request-id') ?? 'none'))
  assert.doesNotMatch(JSON.stringify(answer.body), /secret detail/)
  assert.ok(api.lines.some((line) => line.level === 'error'))
})

test(
  'an upload that breaks off in the middle of a file leaves nothing behind',
  { timeout: 5_000 },
  async () => {
    const head = '--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
    const chunks = [new TextEncoder().encode(head), PNG]
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        const chunk = chunks.shift()
        if (chunk === undefined) controller.error(new Error('the client left'))
        else controller.enqueue(chunk)
      },
    })
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const answer = await send(api, 'POST', '/v1/videos', { key, body, headers })
    assert.deepEqual([answer.status, errorOf(answer).code], [400, 'invalid_request'])
    assert.equal(api.files.staged.size, 0)
  },
)
