import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test, type TestContext } from 'node:test'
import { createMiniMax } from '@ai-sdk/minimax'
import { experimental_generateVideo as generateVideo } from 'ai'
import { fieldsOf } from '../../../test/test-client.ts'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

type VideoModel = ReturnType<ReturnType<typeof createMiniMax>['video']>

const QUICKLY = { minimax: { pollIntervalMs: 1 } }

async function started(context: TestContext): Promise<{ simulator: Simulator; model: VideoModel }> {
  const simulator = await startSimulator({ dialect: 'minimax', keys: ['eyJ-1'] })
  context.after(() => simulator.close())
  const client = createMiniMax({ apiKey: 'eyJ-1', videoBaseURL: simulator.url })
  return { simulator, model: client.video('MiniMax-H3') }
}

/** Takes the simulator's links, which the package's own download would not: they lead to this machine. */
async function download({ url }: { url: URL }): Promise<{ data: Uint8Array; mediaType: string | undefined }> {
  const response = await fetch(url)
  const mediaType = response.headers.get('content-type') ?? undefined
  return { data: new Uint8Array(await response.arrayBuffer()), mediaType }
}

test("MiniMax's client for the AI SDK creates, polls to the end, and has the bytes", async (context) => {
  const { simulator, model } = await started(context)
  const prompt = '[up:steps=queued*2,running*2,done]'
  const { video, providerMetadata } = await generateVideo({
    model,
    prompt,
    duration: 8,
    aspectRatio: '9:16',
    providerOptions: QUICKLY,
    download,
  })
  assert.ok(clipBytes('mp4').equals(Buffer.from(video.uint8Array)))
  assert.equal(video.mediaType, 'video/mp4')
  const about = fieldsOf(providerMetadata['minimax'])
  assert.deepEqual([about['duration'], about['ratio'], about['resolution']], [8, '9:16', '2K'])
  assert.deepEqual(about['usage'], { totalSeconds: 8, inputSeconds: 0, outputSeconds: 8 })
  assert.equal(about['taskId'], simulator.ledger[0]?.id)
  assert.deepEqual(
    simulator.ledger.map(({ accepted, key, prompt: asked, path }) => [accepted, key, asked, path]),
    [[true, 'eyJ-1', prompt, '/v2/video_generation']],
  )
  assert.equal(simulator.requests.filter(({ point }) => point === 'poll').length, 5)
  assert.deepEqual(simulator.leaks, [])
})

test("MiniMax's client sends frames, and waits over words that it does not know", async (context) => {
  const { simulator, model } = await started(context)
  const image = new Uint8Array(Buffer.from('iVBORw0KGgo=', 'base64'))
  const { warnings } = await generateVideo({
    model,
    prompt: { image, text: '[up:unknown=warming*3]' },
    providerOptions: QUICKLY,
    download,
  })
  assert.deepEqual(warnings, [])
  const [, frame] = (simulator.ledger[0]?.fields['content'] ?? []) as unknown[]
  assert.equal(fieldsOf(frame)['role'], 'first_frame')
})

const ENDS = [
  [
    '[up:steps=failed][up:failed=Content policy violation][up:failed-code=1027]',
    /Content policy violation \(1027\)/u,
  ],
  ['[up:status=cancelled]', /was cancelled/u],
  ['[up:status=expired]', /expired/u],
  ['[up:steps=done][up:no-url]', /no video URL/u],
] as const

for (const [prompt, message] of ENDS) {
  test(`MiniMax's client knows an end that is none: ${prompt}`, async (context) => {
    const { model } = await started(context)
    await assert.rejects(generateVideo({ model, prompt, providerOptions: QUICKLY, download }), { message })
  })
}

const REFUSALS = [
  [
    '[up:create=402][up:failed-code=1008][up:failed=insufficient balance]',
    402,
    'insufficient balance (1008)',
  ],
  ['[up:create=422][up:failed-code=1026][up:failed=sensitive]', 422, 'sensitive (1026)'],
] as const

for (const [prompt, statusCode, message] of REFUSALS) {
  test(`MiniMax's client tells a refusal: ${message}`, async (context) => {
    const { model, simulator } = await started(context)
    const asked = generateVideo({ model, prompt, providerOptions: QUICKLY, download, maxRetries: 0 })
    await assert.rejects(asked, { statusCode, message })
    assert.equal(simulator.ledger[0]?.accepted, false)
  })
}

test("MiniMax's client hands on a webhook, which is challenged before it is called", async (context) => {
  const { simulator, model } = await started(context)
  const bodies: Record<string, unknown>[] = []
  const receiver = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      const body = fieldsOf(JSON.parse(chunk.toString('utf8')))
      bodies.push(body)
      response.end(JSON.stringify({ challenge: body['challenge'] }))
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  context.after(() => receiver.close())
  const address = receiver.address()
  assert.ok(typeof address === 'object' && address !== null)
  assert.ok(model.doStart !== undefined && model.doStatus !== undefined)
  const { operation } = await model.doStart({
    prompt: '[up:ms=1][up:steps=queued,done]',
    webhookUrl: `http://127.0.0.1:${address.port}/hook`,
    n: 1,
    aspectRatio: '16:9',
    resolution: undefined,
    duration: 5,
    fps: undefined,
    seed: undefined,
    image: undefined,
    generateAudio: undefined,
    frameImages: undefined,
    inputReferences: undefined,
    providerOptions: {},
  })
  await simulator.untilCallback(({ phase, accepted }) => phase === 'done' && accepted === true)
  assert.deepEqual(Object.keys(bodies[0] ?? {}), ['challenge'])
  const task = fieldsOf(bodies.at(-1)?.['task'])
  assert.deepEqual([task['id'], task['status']], [simulator.ledger[0]?.id, 'succeeded'])
  const status = await model.doStatus({ operation })
  assert.equal(status.status, 'completed')
})
