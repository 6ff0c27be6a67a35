import assert from 'node:assert/strict'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { test } from 'node:test'
import express, { json as jsonParser, raw as rawParser, type Express } from 'express'
import fastify from 'fastify'
import { expressReceiver } from '../../src/receiver/express-receiver.ts'
import { fastifyReceiver } from '../../src/receiver/fastify-receiver.ts'
import { fetchReceiver } from '../../src/receiver/fetch-receiver.ts'
import { honoReceiver } from '../../src/receiver/hono-receiver.ts'
import { nextReceiver } from '../../src/receiver/next-receiver.ts'
import { bodyOf, loopback } from '../loopback.ts'
import { receiverHarness, type ReceiverHarness } from './receiver-harness.ts'
import { signWebhook } from './sign-webhook.ts'
import { webhookBody } from './webhook-body.ts'

const BYTES_MAX = 2 * 1024 * 1024
// Spaces that a parser would lose.
const body = webhookBody().replaceAll(',', ' , ')

const signedInit = (harness: ReceiverHarness): RequestInit => ({
  method: 'POST',
  headers: signWebhook(body, { nowMs: harness.clock.nowMs() }),
  body,
})

async function post(app: Express, init: RequestInit): Promise<{ status: number; text: string }> {
  await using server = await loopback(app)
  const response = await fetch(`${server.baseURL}/hook`, init)
  return { status: response.status, text: await response.text() }
}

test('express: the raw stream is read, so that spaces count', async () => {
  const harness = receiverHarness()
  const app = express().post('/hook', expressReceiver(harness.receiver))
  assert.deepEqual(await post(app, signedInit(harness)), { status: 200, text: '{"received":true}' })
  await harness.settle()
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})

test('express.json() before a signed receiver is answered with what to do', async () => {
  const harness = receiverHarness()
  const app = express().use(jsonParser()).post('/hook', expressReceiver(harness.receiver))
  const answer = await post(app, signedInit(harness))
  assert.equal(answer.status, 500)
  assert.match(answer.text, /before express\.json\(\)/)
})

test('express: bytes that a parser kept are used', async () => {
  const keeping = jsonParser({
    verify: (request: IncomingMessage & { rawBody?: Buffer }, _response, buffer) => {
      request.rawBody = buffer
    },
  })
  for (const parser of [keeping, rawParser({ type: '*/*' })]) {
    const harness = receiverHarness()
    const app = express().use(parser).post('/hook', expressReceiver(harness.receiver))
    assert.equal((await post(app, signedInit(harness))).status, 200)
  }
})

test('express.json() before an unsigned receiver does no harm', async () => {
  const harness = receiverHarness({ signed: false })
  harness.setTask('video_1', 'completed')
  const app = express().use(jsonParser()).post('/hook', expressReceiver(harness.receiver))
  assert.equal((await post(app, signedInit(harness))).status, 200)
  await harness.settle()
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})

test('node:http: 2 MiB are taken, one byte more is not, with or without a length', async () => {
  const harness = receiverHarness({ signed: false })
  await using server = await loopback(expressReceiver(harness.receiver))
  const send = async (
    bytes: number,
    headers: Record<string, string | number>,
  ): Promise<number | undefined> => {
    const request = httpRequest(server.baseURL, { method: 'POST', headers, agent: false })
    request.end(Buffer.alloc(bytes, 'x'))
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    await bodyOf(response)
    return response.statusCode
  }
  assert.equal(await send(BYTES_MAX, { 'content-length': BYTES_MAX }), 200)
  assert.equal(await send(BYTES_MAX, { 'transfer-encoding': 'chunked' }), 200)
  assert.equal(await send(BYTES_MAX + 1, { 'transfer-encoding': 'chunked' }), 413)
  const declared = httpRequest(server.baseURL, {
    method: 'POST',
    headers: { 'content-length': 9e15 },
    agent: false,
  })
  declared.flushHeaders()
  const [response] = (await once(declared, 'response')) as [IncomingMessage]
  assert.equal(response.statusCode, 413)
  await bodyOf(response)
  declared.on('error', () => {})
  declared.destroy()
})

test('a sender that goes away in the middle leaves nothing behind', async () => {
  const harness = receiverHarness({ signed: false })
  await using server = await loopback(expressReceiver(harness.receiver))
  const request = httpRequest(server.baseURL, { method: 'POST', headers: { 'content-length': 100 } })
  request.on('error', () => {})
  const arrived = once(server.server, 'request') as Promise<[IncomingMessage]>
  request.write('half')
  const [incoming] = await arrived
  const closed = new Promise<void>((resolve) => void incoming.once('close', resolve))
  incoming.on('error', () => {})
  request.destroy()
  await closed
  await harness.settle()
  assert.deepEqual(await harness.store.unfinished(1), [])
  assert.deepEqual(harness.errors, [])
})

test('fastify: bodies stay raw in the scope of the plugin only', async () => {
  const harness = receiverHarness()
  const app = fastify()
  app.post('/json', async (request) => ({ is: typeof request.body }))
  await app.register(fastifyReceiver(harness.receiver), { prefix: '/hook' })
  const answered = await app.inject({
    method: 'POST',
    url: '/hook',
    headers: signWebhook(body, { nowMs: harness.clock.nowMs() }),
    payload: body,
  })
  assert.deepEqual([answered.statusCode, answered.body], [200, '{"received":true}'])
  const json = await app.inject({ method: 'POST', url: '/json', payload: { a: 1 } })
  assert.deepEqual(json.json(), { is: 'object' })
  const large = await app.inject({ method: 'POST', url: '/hook', payload: Buffer.alloc(BYTES_MAX + 1) })
  assert.equal(large.statusCode, 413)
  const bare = await app.inject({ method: 'POST', url: '/hook' })
  assert.equal(bare.statusCode, 400)
  await app.close()
})

test('fetch: the platform keeps the work alive', async () => {
  const harness = receiverHarness()
  const handle = fetchReceiver(harness.receiver)
  const kept: Promise<unknown>[] = []
  const request = new Request('http://app.test/hook', signedInit(harness))
  const response = await handle(request, { waitUntil: (work) => void kept.push(work) })
  assert.deepEqual([response.status, await response.json()], [200, { received: true }])
  await kept[0]
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})

test('fetch: a stream over 2 MiB is refused and let go', async () => {
  const harness = receiverHarness({ signed: false })
  let isCancelled = false
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    cancel: () => {
      isCancelled = true
    },
  })
  const request = new Request('http://app.test/hook', { method: 'POST', body: stream, duplex: 'half' })
  assert.equal((await fetchReceiver(harness.receiver)(request)).status, 413)
  assert.equal(isCancelled, true)
  const broken = new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) })
  const half = new Request('http://app.test/hook', { method: 'POST', body: broken, duplex: 'half' })
  assert.equal((await fetchReceiver(harness.receiver)(half)).status, 400)
})

test('fetch: a body that was read before is answered with what to do', async () => {
  const harness = receiverHarness()
  const request = new Request('http://app.test/hook', signedInit(harness))
  await request.text()
  const response = await fetchReceiver(harness.receiver)(request)
  assert.equal(response.status, 500)
  assert.match(await response.text(), /as it arrived/)
})

test('hono: a body that a middleware read is no obstacle for an unsigned receiver', async () => {
  for (const signed of [true, false]) {
    const harness = receiverHarness({ signed })
    const raw = new Request('http://app.test/hook', signedInit(harness))
    const bytes = await raw.arrayBuffer()
    const response = await honoReceiver(harness.receiver)({ req: { raw, arrayBuffer: async () => bytes } })
    assert.equal(response.status, signed ? 500 : 200)
  }
})

test('next: the work is handed to after()', async () => {
  const harness = receiverHarness()
  const kept: Promise<void>[] = []
  const handle = nextReceiver(harness.receiver, { after: (work) => void kept.push(work) })
  assert.equal((await handle(new Request('http://app.test/hook', signedInit(harness)))).status, 200)
  await kept[0]
  assert.deepEqual(harness.shown, ['video.completed video_1'])
})
