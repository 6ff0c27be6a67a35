import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createXai } from '@ai-sdk/xai'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

type Model = ReturnType<ReturnType<typeof createXai>['video']>

async function started(context: TestContext): Promise<{ simulator: Simulator; model: Model }> {
  const simulator = await startSimulator({ dialect: 'xai', keys: ['xai-1'] })
  context.after(() => simulator.close())
  const model = createXai({ apiKey: 'xai-1', baseURL: `${simulator.url}/v1` }).video('grok-imagine-video')
  return { simulator, model }
}

const NOTHING = {
  n: 1,
  aspectRatio: undefined,
  resolution: undefined,
  duration: undefined,
  fps: undefined,
  seed: undefined,
  image: undefined,
  frameImages: undefined,
  inputReferences: undefined,
  generateAudio: undefined,
  providerOptions: {},
} as const

interface Seen {
  readonly status: string
  readonly error: unknown
  readonly url: string | null
  readonly metadata: unknown
}

/** Starts a video and looks so many times. */
async function follow(model: Model, prompt: string, looks: number, duration?: number): Promise<Seen[]> {
  assert.ok(model.doStart !== undefined && model.doStatus !== undefined)
  const { operation } = await model.doStart({ ...NOTHING, prompt, duration })
  const seen: Seen[] = []
  for (let polls = 0; polls < looks; polls += 1) {
    const result = await model.doStatus({ operation })
    const [video] = result.status === 'completed' ? result.videos : []
    seen.push({
      status: result.status,
      error: result.status === 'error' ? result.error : null,
      url: video?.type === 'url' ? video.url : null,
      metadata: result.status === 'completed' ? result.providerMetadata?.['xai'] : null,
    })
  }
  return seen
}

async function bytesAt(url: string | null | undefined): Promise<Buffer> {
  assert.ok(url !== null && url !== undefined)
  return Buffer.from(await (await fetch(url)).arrayBuffer())
}

test("the AI SDK's Grok model goes from start to bytes", async (context) => {
  const { simulator, model } = await started(context)
  const seen = await follow(model, 'a fox', 3, 5)
  assert.deepEqual(
    seen.map(({ status }) => status),
    ['pending', 'pending', 'completed'],
  )
  assert.ok(clipBytes('mp4').equals(await bytesAt(seen[2]?.url)))
  assert.deepEqual(seen[2]?.metadata, {
    requestId: simulator.ledger[0]?.id,
    videoUrl: seen[2]?.url,
    duration: 5,
    costInUsdTicks: 2_500_000_000,
    progress: 100,
  })
  assert.deepEqual(
    simulator.ledger.map(({ model: name, accepted, key }) => [name, accepted, key]),
    [['grok-imagine-video', true, 'xai-1']],
  )
  assert.equal(simulator.leaks.length, 0)
})

test("the AI SDK's Grok model lives with empty bodies and a status that is missing", async (context) => {
  const { model } = await started(context)
  const seen = await follow(model, '[up:bare=2][up:steps=done][up:no-status]', 3)
  assert.deepEqual(
    seen.map(({ status }) => status),
    ['pending', 'pending', 'completed'],
  )
  assert.ok(clipBytes('mp4').equals(await bytesAt(seen[2]?.url)))
})

const ENDS = [
  ['[up:steps=failed][up:failed=The GPU is gone]', /failed: The GPU is gone/u],
  ['[up:steps=failed][up:failed=x][up:failed-code=respect_moderation]', /content policy violation/u],
  ['[up:steps=error]', /expired/u],
  ['[up:steps=done][up:no-url]', /no video URL/u],
] as const

test("the AI SDK's Grok model knows each bad end", async (context) => {
  const { model } = await started(context)
  for (const [prompt, words] of ENDS) {
    const [end] = await follow(model, prompt, 1)
    assert.equal(end?.status, 'error')
    assert.match(String(end?.error), words)
  }
})

const REFUSALS = [
  ['[up:create=429]', 429, /Some resource has been exhausted: Too many requests/u],
  ['[up:create=500]', 500, /on purpose/u],
  ['', 400, /prompt must not be empty/u],
] as const

test("the AI SDK's Grok model reads errors of each form", async (context) => {
  const { simulator, model } = await started(context)
  for (const [prompt, statusCode, message] of REFUSALS)
    await assert.rejects(follow(model, prompt, 0), { statusCode, message })
  const stranger = createXai({ apiKey: 'stolen', baseURL: `${simulator.url}/v1` }).video('grok-imagine-video')
  await assert.rejects(follow(stranger, 'x', 0), { statusCode: 400, message: /Incorrect API key/u })
})
