import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { TestClock } from '../system/test-clock.ts'
import { startRawServer, startServer, type TestServer } from '../net/test-server.ts'
import type { CredentialHeaders, UnprovenRequest } from './credentials.ts'
import { UpstreamFailed } from './upstream-failed.ts'
import { baseOf, createUpstream, type Upstream } from './upstream.ts'

const signal = new AbortController().signal
const body = { bytes: Buffer.from('{}'), contentType: 'application/json' }
const get = { method: 'GET', path: '/v1/models', timeoutMs: 1_000, signal } as const
const post = { method: 'POST', path: '/v1/videos', timeoutMs: 1_000, signal, body } as const

function upstreamOf(context: TestContext, server: TestServer, clock = new TestClock()): Upstream {
  const baseUrl = `http://127.0.0.1:${server.port}`
  const upstream = createUpstream({ baseUrl, credentials: { authorization: 'Bearer k' }, clock })
  context.after(async () => {
    await upstream.stop()
    await server.close()
  })
  return upstream
}

const BASES: readonly [given: string, base: string][] = [
  ['https://api.example.com', 'https://api.example.com'],
  ['https://api.example.com/', 'https://api.example.com'],
  ['https://api.example.com/v1', 'https://api.example.com'],
  ['https://api.example.com/v1/', 'https://api.example.com'],
  [' http://10.0.0.1:8000/engine/v1 ', 'http://10.0.0.1:8000/engine'],
  ['https://api.example.com/v1x', 'https://api.example.com/v1x'],
]

for (const [given, base] of BASES) {
  test(`the base of "${given}"`, () => assert.equal(baseOf(given), base))
}

for (const given of ['', 'api.example.com', 'file:///etc', 'ftp://a.example']) {
  test(`"${given}" is no base`, () => assert.throws(() => baseOf(given), /absolute http or https URL/))
}

test('each submit has a connection of its own, never a kept one', async (context) => {
  const server = await startServer((_request, response) => response.end('{}'))
  const upstream = upstreamOf(context, server)
  await upstream.ask(get)
  const before = server.connections()
  await upstream.submit({ ...post, mayStillSend: () => true })
  await upstream.submit({ ...post, mayStillSend: () => true })
  assert.equal(server.connections(), before + 2)
  assert.equal(server.seen.at(-1)?.headers.connection, 'close')
  assert.equal(server.seen.at(-1)?.headers['content-length'], '2')
})

test('the lease is asked after the connection stands and before a byte is written', async (context) => {
  const server = await startServer((_request, response) => response.end('{}'))
  const upstream = upstreamOf(context, server)
  const mayStillSend = (): boolean => {
    assert.equal(server.seen.length, 0)
    return false
  }
  await assert.rejects(upstream.submit({ ...post, mayStillSend }), { sent: false, kind: 'held_back' })
  assert.equal(server.seen.length, 0)
})

test('an aborted submit never dials', async (context) => {
  const server = await startServer((_request, response) => response.end('{}'))
  const upstream = upstreamOf(context, server)
  const aborted = { ...post, signal: AbortSignal.abort(), mayStillSend: () => true }
  await assert.rejects(upstream.submit(aborted), { sent: false })
  assert.equal(server.connections(), 0)
})

test('a body that never ends is ended by the deadline', { timeout: 20_000 }, async (context) => {
  const unfinished = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"id":'
  const server = await startRawServer(unfinished, 'stay')
  const clock = new TestClock()
  const upstream = upstreamOf(context, server, clock)
  const stands = Promise.withResolvers<void>()
  const mayStillSend = (): boolean => {
    stands.resolve()
    return true
  }
  const failed = assert.rejects(upstream.submit({ ...post, mayStillSend }), { sent: true, kind: 'timeout' })
  await stands.promise
  // Some turns for the first bytes to arrive; the outcome is the same without them.
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  clock.advance(1_000)
  await failed
})

test('a failure names the host and the code, and no secret', async (context) => {
  const server = await startServer((_request, response) => response.end('{}'))
  const upstream = upstreamOf(context, server)
  await server.close()
  await assert.rejects(upstream.submit({ ...post, mayStillSend: () => true }), (error) => {
    assert.ok(error instanceof UpstreamFailed)
    assert.equal(error.sent, false)
    assert.match(error.message, /^The request to 127\.0\.0\.1:\d+ .*\(ECONNREFUSED\)\.$/)
    return true
  })
})

test('only what says JSON, or nothing, is parsed', async (context) => {
  const types: (string | undefined)[] = [
    'application/json',
    'application/problem+json; charset=utf-8',
    undefined,
  ]
  types.push('text/html', 'text/plain', 'video/mp4')
  const server = await startServer((request, response) => {
    const type = types[Number(request.url?.slice(1))]
    if (type !== undefined) response.setHeader('content-type', type)
    response.end('{"a":1}')
  })
  const upstream = upstreamOf(context, server)
  const parsed = []
  for (const index of types.keys()) parsed.push((await upstream.ask({ ...get, path: `/${index}` })).json)
  assert.deepEqual(parsed, [{ a: 1 }, { a: 1 }, { a: 1 }, undefined, undefined, undefined])
})

test('an id of 64 bits that is written as a number keeps all its digits', async (context) => {
  const text =
    '{"id":315842017559298817,"list":[-9007199254740993],"size":1.5,"n":12,"note":"315842017559298817 or so"}'
  const server = await startServer((_request, response) => response.end(text))
  const { json } = await upstreamOf(context, server).ask(get)
  assert.deepEqual(json, {
    id: '315842017559298817',
    list: ['-9007199254740993'],
    size: 1.5,
    n: 12,
    note: '315842017559298817 or so',
  })
})

test('an answer that repeats our key loses it, in its text and in its JSON', async (context) => {
  const server = await startServer((request, response) => {
    response.statusCode = 401
    response.end(JSON.stringify({ error: `the key ${request.headers.authorization} is wrong` }))
  })
  const baseUrl = `http://127.0.0.1:${server.port}`
  const credentials = { authorization: 'Bearer sk-a-very-long-key', 'x-version': '2024' }
  const upstream = createUpstream({ baseUrl, credentials, clock: new TestClock() })
  context.after(async () => {
    await upstream.stop()
    await server.close()
  })
  const { text, json } = await upstream.ask(get)
  assert.deepEqual(json, { error: 'the key Bearer [redacted] is wrong' })
  assert.ok(!text.includes('sk-a-very-long-key'))
})

test('what makes credentials sees each request as it is sent, and its headers go along', async (context) => {
  const server = await startServer((_request, response) => response.end('{}'))
  const baseUrl = `http://127.0.0.1:${server.port}`
  const shown: UnprovenRequest[] = []
  const credentials = async (request: UnprovenRequest): Promise<CredentialHeaders> => {
    shown.push(request)
    return { authorization: `Signed ${shown.length}` }
  }
  const upstream = createUpstream({ baseUrl, credentials, clock: new TestClock() })
  context.after(async () => {
    await upstream.stop()
    await server.close()
  })
  await upstream.ask({ ...get, path: '/v1/a%3Ab?c=d%2Fe', headers: { 'x-own': '1' } })
  await upstream.submit({ ...post, mayStillSend: () => true })
  assert.deepEqual(
    server.seen.map(({ path, headers }) => [path, headers.authorization]),
    [
      ['/v1/a%3Ab?c=d%2Fe', 'Signed 1'],
      ['/v1/videos', 'Signed 2'],
    ],
  )
  assert.deepEqual(
    shown.map(({ method, url, body: sent }) => [method, url, sent]),
    [
      ['GET', `${baseUrl}/v1/a%3Ab?c=d%2Fe`, null],
      ['POST', `${baseUrl}/v1/videos`, body.bytes],
    ],
  )
  for (const [index, { headers }] of shown.entries()) {
    for (const [name, value] of Object.entries(headers))
      assert.equal(server.seen[index]?.headers[name], value)
  }
})

const noKey = async (): Promise<never> => assert.fail('There is no key.')

test('without credentials nothing is sent', async (context) => {
  const server = await startServer((_request, response) => response.end('{}'))
  const baseUrl = `http://127.0.0.1:${server.port}`
  const upstream = createUpstream({ baseUrl, credentials: noKey, clock: new TestClock() })
  context.after(async () => {
    await upstream.stop()
    await server.close()
  })
  const failure = { kind: 'credentials', sent: false }
  await assert.rejects(upstream.submit({ ...post, mayStillSend: () => true }), failure)
  await assert.rejects(upstream.ask(get), failure)
  assert.equal(server.connections(), 0)
})
