import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createAlibaba } from '@ai-sdk/alibaba'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

type Model = ReturnType<ReturnType<typeof createAlibaba>['video']>

async function started(
  context: TestContext,
  name = 'wan2.6-t2v',
  apiKey = 'sk-1',
): Promise<{ simulator: Simulator; model: Model }> {
  const simulator = await startSimulator({ dialect: 'dashscope', keys: ['sk-1'] })
  context.after(() => simulator.close())
  return { simulator, model: createAlibaba({ apiKey, videoBaseURL: simulator.url }).video(name) }
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

type Options = Partial<Parameters<NonNullable<Model['doStart']>>[0]>

interface Seen {
  readonly status: string
  readonly error: unknown
  readonly url: string | null
  readonly metadata: Readonly<Record<string, unknown>> | undefined
}

/** Starts a video and looks so many times. */
async function follow(model: Model, prompt: string, looks: number, options: Options = {}): Promise<Seen[]> {
  assert.ok(model.doStart !== undefined && model.doStatus !== undefined)
  const { operation, warnings } = await model.doStart({ ...NOTHING, prompt, ...options })
  assert.deepEqual(warnings, [])
  const seen: Seen[] = []
  for (let polls = 0; polls < looks; polls += 1) {
    const result = await model.doStatus({ operation })
    const [video] = result.status === 'completed' ? result.videos : []
    seen.push({
      status: result.status,
      error: result.status === 'error' ? result.error : null,
      url: video?.type === 'url' ? video.url : null,
      metadata: result.status === 'completed' ? result.providerMetadata?.['alibaba'] : undefined,
    })
  }
  return seen
}

const CLIP = clipBytes('mp4')

async function bytesAt(url: string | null | undefined): Promise<Buffer> {
  assert.ok(url !== null && url !== undefined)
  return Buffer.from(await (await fetch(url)).arrayBuffer())
}

test("the AI SDK's Wan model goes from start to bytes", async (context) => {
  const { simulator, model } = await started(context)
  const options = { resolution: '1280x720', duration: 5, seed: 7 } as const
  const seen = await follow(model, 'a fox', 3, options)
  assert.deepEqual(
    seen.map(({ status }) => status),
    ['pending', 'pending', 'completed'],
  )
  assert.ok(CLIP.equals(await bytesAt(seen[2]?.url)))
  assert.deepEqual(seen[2]?.metadata, {
    taskId: simulator.ledger[0]?.id,
    videoUrl: seen[2]?.url,
    actualPrompt: 'a fox',
    usage: { duration: 5, outputVideoDuration: 5, inputVideoDuration: 0, resolution: 720, size: '1280*720' },
  })
  assert.deepEqual(
    simulator.ledger.map(({ model: name, accepted, key }) => [name, accepted, key]),
    [['wan2.6-t2v', true, 'sk-1']],
  )
  assert.equal(simulator.leaks.length, 0)
})

const PICTURE = { type: 'url', url: 'https://a.example/a.png' } as const

const KINDS: readonly [string, Options][] = [
  ['wan2.6-i2v', { image: PICTURE, resolution: '1280x720' }],
  ['wan2.6-r2v', { inputReferences: [PICTURE], resolution: '1920x1080' }],
  ['wan2.7-t2v', { aspectRatio: '9:16', resolution: '1280x720' }],
  ['wan2.7-r2v', { inputReferences: [PICTURE], aspectRatio: '1:1' }],
  ['wan3.0-video', { image: PICTURE, resolution: '832x480', generateAudio: true }],
]

for (const [name, options] of KINDS) {
  test(`the AI SDK's ${name} is taken as it asks`, async (context) => {
    const { model } = await started(context, name)
    const [end] = await follow(model, '[up:steps=done]', 1, options)
    assert.ok(CLIP.equals(await bytesAt(end?.url)))
  })
}

test("the AI SDK's Wan model knows bad ends", async (context) => {
  const { model } = await started(context)
  const [failed] = await follow(model, '[up:steps=failed][up:failed=Output may be unfit]', 1)
  assert.equal(failed?.status, 'error')
  assert.match(String(failed?.error), /generation failed\..*Output may be unfit/u)
  const [cancelled] = await follow(model, '[up:steps=cancelled]', 1)
  assert.match(String(cancelled?.error), /generation canceled/u)
  await assert.rejects(follow(model, '[up:steps=done][up:no-url]', 1), /No video URL/u)
  // It waits for what the provider does not know any more.
  const [unknown] = await follow(model, '[up:missing=*]', 1)
  assert.equal(unknown?.status, 'pending')
})

test("the AI SDK's Wan model reads refusals", async (context) => {
  const { model } = await started(context)
  for (const [prompt, statusCode, message] of [
    ['[up:create=429]', 429, /rate limit exceeded/u],
    ['[up:create=400][up:failed-code=Arrearage][up:failed=in arrears]', 400, /in arrears/u],
    ['', 400, /input\.prompt/u],
  ] as const)
    await assert.rejects(follow(model, prompt, 0), { statusCode, message })
  const stranger = await started(context, 'wan2.6-t2v', 'sk-2')
  await assert.rejects(follow(stranger.model, 'x', 0), { statusCode: 401, message: /Invalid API-key/u })
})
