import assert from 'node:assert/strict'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { test, type TestContext } from 'node:test'
import { createFalClient, ValidationError, type FalClient } from '@fal-ai/client'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

const MODEL = 'fal-ai/kling-video/v2.5-turbo/pro/text-to-video'

/** fal's own client. Its host is fixed: its documented hook changes that, and nothing else. */
function clientOf(simulator: Simulator): FalClient {
  return createFalClient({
    credentials: 'id:secret',
    requestMiddleware: async (request) => ({
      ...request,
      url: request.url.replace('https://queue.fal.run', simulator.url),
    }),
  })
}

async function started(context: TestContext): Promise<{ simulator: Simulator; client: FalClient }> {
  const simulator = await startSimulator({ dialect: 'fal', keys: ['id:secret'] })
  context.after(() => simulator.close())
  return { simulator, client: clientOf(simulator) }
}

interface VideoOutput {
  readonly video: { readonly url: string; readonly content_type: string }
}

function isVideoOutput(data: unknown): data is VideoOutput {
  return typeof data === 'object' && data !== null && 'video' in data
}

test("fal's client submits, asks, and gets the result", async (context) => {
  const { simulator, client } = await started(context)
  const { request_id: requestId } = await client.queue.submit(MODEL, { input: { prompt: 'a fox' } })
  const statuses = []
  for (let polls = 0; polls < 3; polls += 1) {
    const { status } = await client.queue.status(MODEL, { requestId, logs: true })
    statuses.push(status)
  }
  assert.deepEqual(statuses, ['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED'])
  const { data, requestId: echoed } = await client.queue.result(MODEL, { requestId })
  assert.equal(echoed, requestId)
  assert.ok(isVideoOutput(data))
  assert.equal(data.video.content_type, 'video/mp4')
  const response = await fetch(data.video.url)
  assert.ok(clipBytes('mp4').equals(Buffer.from(await response.arrayBuffer())))
  assert.deepEqual(
    simulator.ledger.map(({ model, accepted, key }) => [model, accepted, key]),
    [[MODEL, true, 'id:secret']],
  )
  assert.equal(simulator.leaks.length, 0)
})

test("fal's client follows a run to its end, and knows a model's refusal", async (context) => {
  const { client } = await started(context)
  const seen: string[] = []
  const { data } = await client.subscribe(MODEL, {
    input: { prompt: '[up:steps=queued,running,done]' },
    pollInterval: 1,
    onQueueUpdate: ({ status }) => seen.push(status),
  })
  assert.ok(isVideoOutput(data))
  assert.deepEqual(seen.slice(-3), ['IN_QUEUE', 'IN_PROGRESS', 'COMPLETED'])
  const prompt = '[up:steps=failed][up:failed=flagged][up:failed-code=content_policy_violation]'
  const { request_id: requestId } = await client.queue.submit(MODEL, { input: { prompt } })
  await client.queue.status(MODEL, { requestId })
  await assert.rejects(client.queue.result(MODEL, { requestId }), (error) => {
    assert.ok(error instanceof ValidationError)
    assert.deepEqual(
      error.fieldErrors.map(({ msg, type }) => [msg, type]),
      [['flagged', 'content_policy_violation']],
    )
    return true
  })
})

test("fal's client cancels", async (context) => {
  const { client } = await started(context)
  const input = { prompt: '[up:steps=running]' }
  const { request_id: requestId } = await client.queue.submit(MODEL, { input })
  await client.queue.cancel(MODEL, { requestId })
  await client.queue.status(MODEL, { requestId })
  const ended = await client.queue.status(MODEL, { requestId })
  assert.equal(ended.status, 'COMPLETED')
  await assert.rejects(client.queue.result(MODEL, { requestId }), { status: 499 })
})

interface Delivery {
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Whether one of the published keys has signed the delivery: as fal's page on webhooks tells to look. */
function isFromFal({ headers, body }: Delivery, keys: readonly Record<string, unknown>[]): boolean {
  const parts = ['request-id', 'user-id', 'timestamp'].map((name) => headers[`x-fal-webhook-${name}`])
  const hash = createHash('sha256').update(body).digest('hex')
  const message = Buffer.from([...parts, hash].join('\n'))
  const signature = Buffer.from(String(headers['x-fal-webhook-signature']), 'hex')
  return keys.some((jwk) => verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature))
}

test('a webhook that the client asked for is signed by a key of the key set', async (context) => {
  const { simulator, client } = await started(context)
  const arrived = Promise.withResolvers<Delivery>()
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      arrived.resolve({ headers: request.headers, body: Buffer.concat(chunks) })
      response.end('ok')
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  context.after(() => receiver.close())
  const address = receiver.address()
  assert.ok(typeof address === 'object' && address !== null)
  const webhookUrl = `http://127.0.0.1:${address.port}/hook?token=1`
  const { request_id: requestId } = await client.queue.submit(MODEL, {
    input: { prompt: '[up:ms=1][up:steps=queued,done]' },
    webhookUrl,
  })
  const delivery = await arrived.promise
  const response = await fetch(`${simulator.url}/.well-known/jwks.json`)
  const { keys } = (await response.json()) as { keys: Record<string, unknown>[] }
  assert.equal(keys.length, 2)
  assert.equal(isFromFal(delivery, keys), true)
  assert.equal(isFromFal({ ...delivery, body: Buffer.from('{}') }, keys), false)
  const body = JSON.parse(delivery.body.toString('utf8')) as Record<string, unknown>
  assert.deepEqual([body['request_id'], body['status']], [requestId, 'OK'])
  assert.ok(isVideoOutput(body['payload']))
})
