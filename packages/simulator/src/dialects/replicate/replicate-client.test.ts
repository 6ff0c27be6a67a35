import assert from 'node:assert/strict'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { test, type TestContext } from 'node:test'
import { createReplicate } from '@ai-sdk/replicate'
import Replicate, { parseProgressFromLogs, validateWebhook, type Prediction } from 'replicate'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

/** A test that waits for what does not come fails. */
const TIMEOUT_MS = 10_000

const MODEL = 'google/veo-3.1'

async function started(context: TestContext): Promise<{ simulator: Simulator; client: Replicate }> {
  const simulator = await startSimulator({ dialect: 'replicate', keys: ['r8_1'] })
  context.after(() => simulator.close())
  return { simulator, client: new Replicate({ auth: 'r8_1', baseUrl: `${simulator.url}/v1` }) }
}

async function bytesAt(url: unknown): Promise<Buffer> {
  assert.ok(typeof url === 'string')
  return Buffer.from(await (await fetch(url)).arrayBuffer())
}

const CLIP = clipBytes('mp4')

test("replicate's client makes a prediction, waits for it, and gets the video", async (context) => {
  const { simulator, client } = await started(context)
  const prediction = await client.predictions.create({ model: MODEL, input: { prompt: 'a fox' } })
  assert.equal(prediction.status, 'starting')
  const seen: Prediction[] = []
  const done = await client.wait(prediction, { interval: 1 }, async (update) => {
    seen.push(update)
    return false
  })
  assert.deepEqual(
    seen.map(({ status }) => status),
    ['starting', 'processing'],
  )
  assert.deepEqual(parseProgressFromLogs(seen[1]!), { percentage: 0.5, current: 50, total: 100 })
  assert.equal(done.status, 'succeeded')
  assert.ok(CLIP.equals(await bytesAt(done.output)))
  assert.deepEqual(
    simulator.ledger.map(({ model, accepted, key }) => [model, accepted, key]),
    [[MODEL, true, 'r8_1']],
  )
  assert.equal(simulator.leaks.length, 0)
})

test("replicate's client runs a model in one request, and a version by polling", async (context) => {
  const { simulator, client } = await started(context)
  assert.ok(CLIP.equals(await bytesAt(await client.run(MODEL, { input: { prompt: 'a fox' } }))))
  assert.equal(simulator.requests.filter(({ point }) => point === 'poll').length, 0)
  const wait = { mode: 'poll', interval: 1 } as const
  const output = await client.run(`lucataco/animate:${'ab'.repeat(32)}`, { input: { prompt: 'a fox' }, wait })
  assert.ok(Array.isArray(output))
  assert.ok(CLIP.equals(await bytesAt(output[0])))
})

test("replicate's client throws what failed, cancels, lists, and uploads", async (context) => {
  const { client } = await started(context)
  const failing = { input: { prompt: '[up:steps=failed][up:failed=out of memory]' } }
  await assert.rejects(client.run(MODEL, failing), /Prediction failed: out of memory/u)
  const prompt = '[up:steps=running]'
  const { id } = await client.predictions.create({ model: MODEL, input: { prompt } })
  assert.equal((await client.predictions.cancel(id)).status, 'canceled')
  const { results } = await client.predictions.list()
  assert.deepEqual([results[0]?.id, results[0]?.status], [id, 'canceled'])
  const file = await client.files.create(new Blob(['abc'], { type: 'image/png' }))
  assert.equal(file.size, 3)
  assert.equal((await client.accounts.current()).username, 'simulated')
  await assert.rejects(client.predictions.create({ model: MODEL, input: {} }), (error) => {
    assert.ok(error instanceof Error)
    assert.match(error.message, /status 422 .*prompt is required/u)
    return true
  })
})

interface Delivery {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

test(
  'a webhook holds before the check of the client, with the secret that it fetched',
  { timeout: TIMEOUT_MS },
  async (context) => {
    const { client } = await started(context)
    const arrived = Promise.withResolvers<Delivery>()
    const receiver = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        arrived.resolve({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
        response.end('ok')
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    context.after(() => receiver.close())
    const address = receiver.address()
    assert.ok(typeof address === 'object' && address !== null)
    const { id } = await client.predictions.create({
      model: MODEL,
      input: { prompt: '[up:ms=1][up:steps=queued,done]' },
      webhook: `http://127.0.0.1:${address.port}/hook`,
      webhook_events_filter: ['completed'],
    })
    const { headers, body } = await arrived.promise
    const { key } = await client.webhooks.default.secret.get()
    const parts = {
      id: String(headers['webhook-id']),
      timestamp: String(headers['webhook-timestamp']),
      signature: String(headers['webhook-signature']),
      secret: key,
    }
    assert.equal(await validateWebhook({ ...parts, body }), true)
    assert.equal(await validateWebhook({ ...parts, body: body.replace('succeeded', 'failed') }), false)
    const told = JSON.parse(body) as Prediction
    assert.deepEqual([told.id, told.status], [id, 'succeeded'])
    assert.ok(CLIP.equals(await bytesAt(told.output)))
  },
)

test("the AI SDK's Replicate model goes from start to bytes, and to an error", async (context) => {
  const { simulator } = await started(context)
  const model = createReplicate({ apiToken: 'r8_1', baseURL: `${simulator.url}/v1` }).video(MODEL)
  const options = { n: 1, aspectRatio: undefined, resolution: undefined, duration: undefined, fps: undefined }
  const rest = { seed: undefined, image: undefined, providerOptions: {}, generateAudio: undefined }
  const startIt = async (prompt: string): Promise<{ status: string; url: unknown; error: unknown }[]> => {
    assert.ok(model.doStart !== undefined && model.doStatus !== undefined)
    const call = { ...options, ...rest, frameImages: undefined, inputReferences: undefined, prompt }
    const { operation } = await model.doStart(call)
    const seen = []
    for (let polls = 0; polls < 3; polls += 1) {
      const result = await model.doStatus({ operation })
      const [video] = result.status === 'completed' ? result.videos : []
      const url = video?.type === 'url' ? video.url : undefined
      seen.push({ status: result.status, url, error: result.status === 'error' ? result.error : undefined })
    }
    return seen
  }
  const seen = await startIt('a fox')
  assert.deepEqual(
    seen.map(({ status }) => status),
    ['pending', 'pending', 'completed'],
  )
  assert.ok(CLIP.equals(await bytesAt(seen[2]!.url)))
  const [failed] = await startIt('[up:steps=failed][up:failed=out of memory]')
  assert.deepEqual(failed, {
    status: 'error',
    url: undefined,
    error: 'Video generation failed: out of memory',
  })
  assert.equal(simulator.leaks.length, 0)
})
