import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { json, task } from '../test/fake-fetch.ts'
import { loopback } from '../test/loopback.ts'
import { ManualClock } from '../test/manual-clock.ts'
import { testClient } from '../test/test-client.ts'
import { createClient } from './client.ts'
import type { Download } from './open-file.ts'

const MP4 = Buffer.concat([Buffer.from([0, 0, 0, 0x20]), Buffer.from('ftypisom'), Buffer.alloc(200_000, 5)])

type Route = (request: IncomingMessage, response: ServerResponse) => void

const file: Route = (_request, response) => {
  response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': MP4.length })
  response.end(MP4)
}

const sendJson = (status: number, body: unknown, headers: Record<string, string> = {}): Route => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
}

/** A server that answers by path, and remembers what it was asked. */
async function serve(routes: Record<string, Route>) {
  const seen: { url: string; authorization: string | undefined; range: string | undefined }[] = []
  const server = await loopback((request, response) => {
    const url = request.url ?? ''
    seen.push({ url, authorization: request.headers.authorization, range: request.headers.range })
    const route = routes[url.split('?')[0] ?? ''] ?? sendJson(404, { error: { message: 'no route' } })
    route(request, response)
  })
  const client = createClient({ baseURL: server.baseURL, apiKey: 'rk_test', maxRetries: 0 })
  return { client, seen, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const bytesOf = async (download: Download): Promise<Buffer> =>
  Buffer.from(await new Response(download.stream).arrayBuffer())

test('the file arrives whole, with its type and length', async () => {
  await using gateway = await serve({ '/v1/videos/v/content': file })
  const download = await gateway.client.videos.download('v')
  assert.deepEqual(
    [download.contentType, download.bytes, download.response.status],
    ['video/mp4', MP4.length, 200],
  )
  assert.ok((await bytesOf(download)).equals(MP4))
  assert.equal(gateway.seen[0]?.authorization, 'Bearer rk_test')
})

test('a variant and a range are asked for; the middle of a file may begin with any byte', async () => {
  await using gateway = await serve({
    '/v1/videos/v/content': (_request, response) => {
      response.writeHead(206, {
        'content-type': 'video/mp4',
        'content-range': 'bytes 9-11/100',
        'content-length': '3',
      })
      response.end('{<[')
    },
  })
  const download = await gateway.client.videos.download('v', { range: { start: 9, end: 11 } })
  assert.deepEqual([download.response.status, download.bytes], [206, 3])
  assert.equal((await bytesOf(download)).toString(), '{<[')
  const open = await gateway.client.videos.download('v', { range: { start: 9 }, variant: 'thumbnail' })
  await open.stream.cancel()
  assert.deepEqual(
    gateway.seen.map(({ url, range }) => [url, range]),
    [
      ['/v1/videos/v/content', 'bytes=9-11'],
      ['/v1/videos/v/content?variant=thumbnail', 'bytes=9-'],
    ],
  )
})

test('an illegal range is refused before anything is sent', async () => {
  const { client, fetch } = testClient(() => json({}))
  for (const range of [{ start: -1 }, { start: 1.5 }, { start: 5, end: 4 }, { start: Number.NaN }]) {
    await assert.rejects(client.videos.download('v', { range }), { code: 'invalid_argument' })
  }
  assert.equal(fetch.sent.length, 0)
})

const disguised = (type: string, text: string): Route => {
  return (_request, response) => void response.writeHead(200, { 'content-type': type }).end(text)
}

test('a 200 that is no file is refused, and its own words are quoted', async () => {
  const cases: [Route, RegExp][] = [
    [
      sendJson(200, { error: { message: 'still rendering', code: 'busy' } }),
      /application\/json.*still rendering/,
    ],
    [disguised('video/mp4', ' \n{"error":{"message":"still rendering"}}'), /it is text.*still rendering/],
    [disguised('text/html', '<html>'), /text\/html/],
    [disguised('text/plain; charset=utf-8', 'not ready'), /text\/plain/],
    [disguised('application/json', '"not ready"'), /its type is application\/json\. /],
    [disguised('video/mp4', '<!doctype html>'), /it is text/],
    [disguised('application/problem+json', '{}'), /problem\+json/],
    [disguised('video/mp4', ''), /it is empty/],
  ]
  for (const [route, message] of cases) {
    await using gateway = await serve({ '/v1/videos/v/content': route })
    await assert.rejects(gateway.client.videos.download('v'), {
      code: 'unexpected_answer',
      status: 200,
      message,
    })
  }
})

test('not ready, failed and gone are told apart, and asked once', async () => {
  const cases: [number, string, string][] = [
    [404, 'video_not_ready', 'not_ready'],
    [404, 'video_failed', 'not_found'],
    [410, 'video_expired', 'expired'],
  ]
  for (const [status, serverCode, code] of cases) {
    const body = { error: { message: 'x', type: 'invalid_request_error', param: null, code: serverCode } }
    await using gateway = await serve({
      '/v1/videos/v/content': sendJson(status, body, {
        'reelay-version': '0.1.0',
        'x-should-retry': 'false',
      }),
    })
    await assert.rejects(gateway.client.videos.download('v'), { code, serverCode, status })
    assert.equal(gateway.seen.length, 1)
  }
})

test('a redirect to another origin is followed without the API key, one within it with the key', async () => {
  await using store = await serve({ '/signed.mp4': file })
  await using gateway = await serve({
    '/v1/videos/v/content': (_request, response) => void response.writeHead(302, { location: '/hop' }).end(),
    '/hop': (_request, response) =>
      void response.writeHead(307, { location: `${store.server.baseURL}/signed.mp4?sig=1` }).end(),
  })
  const download = await gateway.client.videos.download('v', { range: { start: 0 } })
  assert.ok((await bytesOf(download)).equals(MP4))
  assert.deepEqual(
    gateway.seen.map(({ authorization }) => authorization),
    ['Bearer rk_test', 'Bearer rk_test'],
  )
  assert.deepEqual(store.seen, [{ url: '/signed.mp4?sig=1', authorization: undefined, range: 'bytes=0-' }])
})

test('redirects that go round end', async () => {
  await using gateway = await serve({
    '/v1/videos/v/content': (_request, response) =>
      void response.writeHead(302, { location: '/v1/videos/v/content' }).end(),
  })
  await assert.rejects(gateway.client.videos.download('v', { variant: 'thumbnail' }), {
    code: 'unexpected_answer',
  })
  assert.equal(gateway.seen.length, 6)
})

test('a redirect that the platform hides is left to the platform', async () => {
  const modes: string[] = []
  const { client } = testClient((_sent, index, request) => {
    modes.push(request.redirect)
    if (index === 1) return new Response(MP4, { headers: { 'content-type': 'video/mp4' } })
    return Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
  })
  assert.ok((await bytesOf(await client.videos.download('v'))).equals(MP4))
  assert.deepEqual(modes, ['manual', 'follow'])
})

test('without a content route the link of the task is read, without the API key', async () => {
  await using store = await serve({ '/out.mp4': file })
  const completed = task({ id: 'v', status: 'SUCCESS', url: `${store.server.baseURL}/out.mp4` })
  const answers: Route[] = [
    sendJson(404, { error: { message: 'Invalid URL', type: 'comet_api_error', param: '', code: '' } }),
    sendJson(400, { error: { message: 'task_not_exist' } }),
    sendJson(501, { error: { message: 'not supported' } }),
    sendJson(200, { error: { message: 'use video_url' } }),
    (_request, response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('<html>'),
  ]
  for (const content of answers) {
    await using comet = await serve({
      '/v1/videos/v/content': content,
      '/v1/videos/v': sendJson(200, completed),
    })
    const download = await comet.client.videos.download('v', { range: { start: 0 } })
    assert.ok((await bytesOf(download)).equals(MP4))
  }
  assert.equal(store.seen.length, answers.length)
  for (const { authorization, range } of store.seen) {
    assert.deepEqual([authorization, range], [undefined, 'bytes=0-'])
  }
})

test('where the link is no way out, the first error stands', async () => {
  const notFound = sendJson(404, { error: { message: 'no content here' } })
  const link = sendJson(
    200,
    task({ id: 'v', status: 'completed', video_url: 'http://127.0.0.1:9/never-asked' }),
  )
  const first = { status: 404, message: /no content here/ }
  for (const look of [sendJson(200, task({ id: 'v' })), sendJson(500, {})]) {
    await using comet = await serve({ '/v1/videos/v/content': notFound, '/v1/videos/v': look })
    await assert.rejects(comet.client.videos.download('v'), first)
  }
  await using comet = await serve({ '/v1/videos/v/content': notFound, '/v1/videos/v': link })
  await assert.rejects(comet.client.videos.download('v', { variant: 'thumbnail' }), first)
  await using denied = await serve({ '/v1/videos/v/content': sendJson(401, {}), '/v1/videos/v': link })
  await assert.rejects(denied.client.videos.download('v'), { code: 'unauthorized' })
})

test(
  'an abort in the middle of the transfer ends the stream and the connection',
  { timeout: 10_000 },
  async () => {
    const gone = Promise.withResolvers<void>()
    await using gateway = await serve({
      '/v1/videos/v/content': (request, response) => {
        response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(MP4.length) })
        response.write(MP4.subarray(0, 1000))
        request.on('close', () => gone.resolve())
      },
    })
    const controller = new AbortController()
    const { stream } = await gateway.client.videos.download('v', { signal: controller.signal })
    const reader = stream.getReader()
    assert.ok(!(await reader.read()).done)
    const next = reader.read()
    controller.abort('left')
    await assert.rejects(next, { name: 'AbortError', code: 'aborted', cause: 'left' })
    await gone.promise
  },
)

test('cancelling the stream closes the connection', { timeout: 10_000 }, async () => {
  const gone = Promise.withResolvers<void>()
  await using gateway = await serve({
    '/v1/videos/v/content': (request, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4' })
      response.write(MP4.subarray(0, 1000))
      request.on('close', () => gone.resolve())
    },
  })
  await (await gateway.client.videos.download('v')).stream.cancel()
  await gone.promise
})

test('a part that is no file is refused by its type', async () => {
  await using gateway = await serve({ '/v1/videos/v/content': sendJson(206, { error: 'not ready' }) })
  const work = gateway.client.videos.download('v', { range: { start: 5 } })
  await assert.rejects(work, { code: 'unexpected_answer', status: 206 })
})

test('a transfer that stalls is given up', { timeout: 10_000 }, async () => {
  await using server = await loopback((_request, response) => {
    response.writeHead(200, { 'content-type': 'video/mp4' })
    response.write(MP4.subarray(0, 1000))
  })
  const clock = new ManualClock()
  const client = createClient({ baseURL: server.baseURL, clock, timeoutMs: 30_000 })
  const reader = (await client.videos.download('v')).stream.getReader()
  await reader.read()
  assert.equal(clock.sleeping, 0, 'no limit runs while nobody reads')
  const next = reader.read()
  await clock.untilSleeperWithin(30_000)
  clock.advance(30_000)
  await assert.rejects(next, { code: 'timeout', message: /stalled for 30000 ms/ })
  assert.equal(clock.sleeping, 0)
})

test('a file that ends early is an error, never a short file', async () => {
  await using gateway = await serve({
    '/v1/videos/v/content': (_request, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': String(MP4.length) })
      response.write(MP4.subarray(0, 1000), () => response.destroy())
    },
  })
  const broken = await gateway.client.videos.download('v')
  await assert.rejects(bytesOf(broken), { code: 'connection_failed' })
  const headers = { 'content-type': 'video/mp4', 'content-length': '500' }
  const { client } = testClient(() => new Response(MP4.subarray(0, 400), { headers }))
  await assert.rejects(bytesOf(await client.videos.download('v')), {
    message: /ended after 400 of 500 bytes/,
  })
})
