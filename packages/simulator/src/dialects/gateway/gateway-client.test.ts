import assert from 'node:assert/strict'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { test, type TestContext } from 'node:test'
import { createGateway } from '@ai-sdk/gateway'
import { experimental_getVideoStatus as getVideoStatus, experimental_startVideo as startVideo } from 'ai'
import { fieldsOf } from '../../../test/test-client.ts'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

type Model = ReturnType<ReturnType<typeof createGateway>['video']>

async function started(context: TestContext): Promise<{ simulator: Simulator; model: Model }> {
  const simulator = await startSimulator({ dialect: 'gateway', keys: ['vck-1'] })
  context.after(() => simulator.close())
  const client = createGateway({ apiKey: 'vck-1', baseURL: `${simulator.url}/v4/ai` })
  return { simulator, model: client.video('alibaba/wan-v2.6-t2v') }
}

/** Takes the simulator's links, which the SDK's own download would not: they lead to this machine. */
async function download({ url }: { url: URL }): Promise<{ data: Uint8Array; mediaType: string | undefined }> {
  const response = await fetch(url)
  const mediaType = response.headers.get('content-type') ?? undefined
  return { data: new Uint8Array(await response.arrayBuffer()), mediaType }
}

test(
  'the SDK starts a video by the gateway in one call, and finds it by others',
  { timeout: 30_000 },
  async (context) => {
    const { simulator, model } = await started(context)
    const { operation, providerMetadata } = await startVideo({
      model,
      prompt: 'a fox',
      duration: 5,
      aspectRatio: '16:9',
      maxRetries: 0,
    })
    const [entry] = simulator.ledger
    assert.deepEqual(fieldsOf(providerMetadata?.['gateway'])['asyncJob'], { jobId: entry!.id })
    // As another process would: with nothing but the operation.
    const kept: typeof operation = JSON.parse(JSON.stringify(operation))
    const seen: string[] = []
    let result = await getVideoStatus(model, { operation: kept })
    for (; result.status === 'pending'; result = await getVideoStatus(model, { operation: kept }))
      seen.push('pending')
    assert.equal(seen.length, 2)
    assert.ok(result.status === 'completed')
    const [video] = result.videos
    assert.ok(video?.type === 'url')
    const { data } = await download({ url: new URL(video.url) })
    assert.ok(clipBytes('mp4').equals(Buffer.from(data)))
    assert.deepEqual(
      [entry!.model, entry!.key, entry!.fields['duration'], entry!.fields['aspectRatio']],
      ['alibaba/wan-v2.6-t2v', 'vck-1', 5, '16:9'],
    )
    assert.deepEqual(simulator.leaks, [])
  },
)

test('the SDK starts again what was lost, and the gateway makes one job of it', async (context) => {
  const { simulator, model } = await started(context)
  await startVideo({ model, prompt: '[up:create=500-after-accept]' })
  assert.deepEqual(
    simulator.ledger.map(({ accepted, repeated }) => [accepted, repeated]),
    [
      [true, false],
      [true, true],
    ],
  )
})

test("the gateway's older way answers once the video is there", async (context) => {
  const { simulator, model } = await started(context)
  assert.ok('doGenerate' in model && model.doGenerate !== undefined)
  const call = { n: 1, providerOptions: {}, prompt: 'a fox' }
  const nothing = { aspectRatio: undefined, resolution: undefined, duration: undefined, fps: undefined }
  const inputs = { seed: undefined, image: undefined, frameImages: undefined, inputReferences: undefined }
  const plain = { ...call, ...nothing, ...inputs, generateAudio: undefined }
  const { videos } = await model.doGenerate(plain)
  const [video] = videos
  assert.ok(video?.type === 'url')
  await assert.rejects(async () => model.doGenerate?.({ ...plain, prompt: '[up:failed=no]' }), /no/u)
  assert.equal(simulator.ledger.length, 2)
})

const ENDS = [
  ['[up:steps=failed][up:failed=The prompt was rejected.]', 'The prompt was rejected.'],
  ['[up:steps=cancelled]', 'Video generation was cancelled.'],
] as const

for (const [prompt, error] of ENDS) {
  test(`the SDK tells the end "${error}"`, async (context) => {
    const { model } = await started(context)
    const { operation } = await startVideo({ model, prompt })
    const result = await getVideoStatus(model, { operation })
    assert.deepEqual([result.status, result.status === 'error' ? result.error : null], ['error', error])
  })
}

/** The name of what a start was refused with. */
async function refusal(model: Model, prompt: string): Promise<string> {
  return startVideo({ model, prompt, maxRetries: 0 }).then(
    () => 'none',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  )
}

test('the SDK tells apart what the gateway refuses', async (context) => {
  const { simulator, model } = await started(context)
  const stranger = createGateway({ apiKey: 'x', baseURL: `${simulator.url}/v4/ai` })
  assert.equal(await refusal(stranger.video('a/b'), 'a'), 'GatewayAuthenticationError')
  assert.equal(await refusal(stranger.video('b'), 'a'), 'GatewayAuthenticationError')
  const own = createGateway({ apiKey: 'vck-1', baseURL: `${simulator.url}/v4/ai` })
  assert.equal(await refusal(own.video('nobody'), 'a'), 'GatewayModelNotFoundError')
  assert.equal(await refusal(model, '[up:create=429]'), 'GatewayRateLimitError')
  assert.equal(await refusal(model, '[up:create=403]'), 'GatewayForbiddenError')
  assert.equal(await refusal(model, '[up:create=500]'), 'GatewayInternalServerError')
  const missing = await getVideoStatus(model, { operation: { id: 'vj_0' } }).catch((error: unknown) => error)
  assert.ok(missing instanceof Error)
  assert.match(missing.message, /Video job not found/u)
})

/** As the page of the package tells a receiver to look. */
function isFromGateway(headers: IncomingHttpHeaders, body: string, secret: string): boolean {
  const signature = String(headers['x-ai-gateway-signature'])
  const seconds = /(?:^|,)t=(\d+)/u.exec(signature)?.[1]
  const digest = /(?:^|,)v1=([0-9a-f]{64})(?:,|$)/u.exec(signature)?.[1] ?? ''
  const wanted = createHmac('sha256', secret).update(`${seconds}.${body}`).digest()
  const given = Buffer.from(digest, 'hex')
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

test('a webhook that the SDK asked for is signed with the secret of its start', async (context) => {
  const { model } = await started(context)
  const arrived = Promise.withResolvers<{ headers: IncomingHttpHeaders; body: string }>()
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      arrived.resolve({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  context.after(() => receiver.close())
  const address = receiver.address()
  assert.ok(typeof address === 'object' && address !== null)
  const webhookUrl = `http://127.0.0.1:${address.port}/hook?token=1`
  const { providerMetadata } = await startVideo({
    model,
    prompt: '[up:ms=1][up:steps=queued,done]',
    webhookUrl,
  })
  const job = fieldsOf(fieldsOf(providerMetadata?.['gateway'])['asyncJob'])
  const secret = String(job['webhookSigningSecret'])
  const { headers, body } = await arrived.promise
  assert.equal(isFromGateway(headers, body, secret), true)
  assert.equal(isFromGateway(headers, `${body} `, secret), false)
  assert.equal(isFromGateway(headers, body, 'another'), false)
  const { type, data } = fieldsOf(JSON.parse(body))
  assert.deepEqual([type, data], ['video.completed', { jobId: job['jobId'], status: 'completed' }])
  assert.equal(headers['x-ai-gateway-idempotency-key'], `${String(job['jobId'])}-completed`)
})
