import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as nodeRequest, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, test } from 'node:test'
import { silentLog } from '../system/log.ts'
import { uploadBytesMax } from './read-multipart.ts'
import { serve, type Serving } from './serve.ts'
import { MP4, PNG, startTestApp, TEST_LIMITS, type TestApp } from './test-deps.ts'

let api: TestApp
let key: string
let serving: Serving

beforeEach(async () => {
  api = startTestApp()
  key = api.addKey('proj_a')
  serving = await serve(api.app, { host: '127.0.0.1', port: 0, limits: TEST_LIMITS, log: silentLog })
})
afterEach(async () => {
  await serving.close()
  await api.close()
})

function call(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${key}`)
  return fetch(`${serving.url}${path}`, { ...init, headers })
}

async function create(prompt = 'x'): Promise<string> {
  const response = await call('/v1/videos', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-stainless-retry-count': '0' },
    body: JSON.stringify({ model: 'wan2.6', prompt }),
  })
  const body = (await response.json()) as { id: string }
  return body.id
}

const socketTo = (): Socket => connect(Number(new URL(serving.url).port), '127.0.0.1')

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

test('a multipart upload over a real socket is stored', async () => {
  const data = new FormData()
  data.append('input_reference', new Blob([PNG]), 'a.png')
  data.append('model', 'wan2.6')
  data.append('prompt', 'x')
  const response = await call('/v1/videos', { method: 'POST', body: data })
  assert.equal(response.status, 200, await response.clone().text())
  assert.equal(api.files.kept.size, 1)
})

test('a prompt is read as it was sent, whatever its script', async () => {
  for (const prompt of ['a boat', 'un café à l’aube', 'Möwe', '日の出の船 🚤']) {
    const response = await call(`/v1/videos/${await create(prompt)}`)
    const bytes = Buffer.from(await response.arrayBuffer())
    assert.equal(Number(response.headers.get('content-length')), bytes.byteLength)
    assert.equal(JSON.parse(bytes.toString()).prompt, prompt)
  }
})

test('content streams, with ranges and HEAD, and a client that leaves closes the file', async () => {
  const id = await create()
  api.complete(id, new Uint8Array(Buffer.concat([MP4, Buffer.alloc(3_000_000)])))
  const path = `/v1/videos/${id}/content`
  const whole = await call(path)
  assert.equal((await whole.arrayBuffer()).byteLength, MP4.byteLength + 3_000_000)
  const part = await call(path, { headers: { range: 'bytes=0-3' } })
  assert.deepEqual([part.status, (await part.arrayBuffer()).byteLength], [206, 4])
  const head = await call(path, { method: 'HEAD' })
  assert.equal(head.headers.get('content-length'), String(MP4.byteLength + 3_000_000))
  const leaving = new AbortController()
  const left = await call(path, { signal: leaving.signal })
  leaving.abort()
  await assert.rejects(left.arrayBuffer())
  await serving.close()
  assert.equal(api.files.openStreams, 0)
})

test('a file that breaks off breaks the connection: nobody takes it for whole', async () => {
  const id = await create()
  api.complete(id, new Uint8Array(Buffer.concat([MP4, Buffer.alloc(3_000_000)])))
  api.files.open = () =>
    Promise.resolve(
      Readable.from(
        (function* () {
          yield Buffer.alloc(1_000_000)
          throw new Error('the disk is gone')
        })(),
      ),
    )
  const broken = await call(`/v1/videos/${id}/content`)
  assert.equal(broken.status, 200)
  await assert.rejects(broken.arrayBuffer())
})

test('an upload that is declared too large is refused early, and the client reads the answer', async () => {
  const bytes = uploadBytesMax(TEST_LIMITS) * 20
  const response = await call('/v1/videos', {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    body: new Uint8Array(bytes),
  })
  assert.equal(response.status, 413)
  assert.equal(response.headers.get('connection'), 'close')
  const body = (await response.json()) as { error: { code: string } }
  assert.equal(body.error.code, 'payload_too_large')
})

test('a file over its limit in the middle of an upload is refused the same way', async () => {
  const data = new FormData()
  data.append('model', 'wan2.6')
  data.append('image', new Blob([PNG, new Uint8Array(TEST_LIMITS.fileBytesMax * 2)]), 'a.png')
  const response = await call('/v1/videos', { method: 'POST', body: data })
  assert.equal(response.status, 413)
  await response.arrayBuffer()
  assert.equal(api.files.staged.size, 0)
})

test('an answer that comes before the body is read whole by a client that still sends', async () => {
  const socket = socketTo()
  const head = `POST /v1/videos HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 70000\r\n\r\n`
  socket.write(head)
  const [first] = (await once(socket, 'data')) as [Buffer]
  assert.match(String(first), /^HTTP\/1\.1 401 /)
  assert.match(String(first), /connection: close/i)
  for (let sent = 0; sent < 70_000; sent += 10_000) socket.write(Buffer.alloc(10_000))
  await textOf(socket)
  assert.equal(socket.errored, null)
})

function sendExpecting(bytes: number): Promise<{ status: number; continued: boolean }> {
  return new Promise((resolve, reject) => {
    let continued = false
    const request = nodeRequest(`${serving.url}/v1/videos`, {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': bytes, authorization: `Bearer ${key}` },
    })
    request.on('continue', () => {
      continued = true
      request.end(Buffer.alloc(bytes))
    })
    request.on('response', (response: IncomingMessage) => {
      response.resume()
      response.on('end', () => resolve({ status: response.statusCode ?? 0, continued }))
      request.destroy()
    })
    request.on('error', (error) => reject(error))
    request.flushHeaders()
  })
}

test('Expect: 100-continue is answered 413 before anything is uploaded', async () => {
  assert.deepEqual(await sendExpecting(uploadBytesMax(TEST_LIMITS) + 1), {
    status: 413,
    continued: false,
  })
  assert.deepEqual(await sendExpecting(10), { status: 415, continued: true })
})

test('a create whose answer has left is marked so', async () => {
  await create()
  await serving.close()
  assert.deepEqual(
    api.store.replays.map((row) => row.answered),
    [true],
  )
})

test('requests that are no HTTP get JSON too', async () => {
  for (const text of [
    'nonsense\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET http://[/ HTTP/1.1\r\nhost: x\r\n\r\n',
  ]) {
    const socket = socketTo()
    socket.end(text)
    const answer = await textOf(socket)
    assert.match(answer, /^HTTP\/1\.1 400 /, text)
    assert.match(answer, /"code":"invalid_request"/)
  }
})

test('closing lets a running request end', async () => {
  const id = await create()
  const pending = call(`/v1/videos/${id}`, { headers: { prefer: 'wait=5' } })
  await api.clock.untilSleeping()
  const closing = serving.close()
  api.store.change(id, { progress: 7 })
  assert.equal((await pending).status, 200)
  await closing
  await assert.rejects(call('/healthz'))
})

test('closing cuts what does not end', async () => {
  const id = await create()
  const pending = call(`/v1/videos/${id}`, { headers: { prefer: 'wait=25' } })
  const cut = assert.rejects(pending)
  await api.clock.untilSleeping()
  await serving.close(0)
  await cut
})
