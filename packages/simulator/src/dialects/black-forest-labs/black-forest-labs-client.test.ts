import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createBlackForestLabs } from '@ai-sdk/black-forest-labs'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

type Model = ReturnType<ReturnType<typeof createBlackForestLabs>['video']>

/** One that waits for a word that never comes fails. */
const LIMIT = { timeout: 30_000 }

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

async function started(context: TestContext): Promise<{ simulator: Simulator; model: Model }> {
  const simulator = await startSimulator({ dialect: 'black-forest-labs', keys: ['key-of-bfl'] })
  context.after(() => simulator.close())
  const client = createBlackForestLabs({ apiKey: 'key-of-bfl', baseURL: `${simulator.url}/v1` })
  return { simulator, model: client.video('flux-3-video') }
}

async function start(model: Model, prompt: string, more: object = {}): Promise<Started> {
  assert.ok(model.doStart !== undefined)
  return model.doStart({ ...NOTHING, prompt, ...more })
}

type Started = Awaited<ReturnType<NonNullable<Model['doStart']>>>

async function statuses(model: Model, prompt: string): Promise<readonly string[]> {
  const { operation } = await start(model, prompt)
  const seen: string[] = []
  for (let polls = 0; polls < 5 && seen.at(-1) !== 'completed' && seen.at(-1) !== 'error'; polls += 1) {
    const result = await model.doStatus!({ operation })
    seen.push(result.status)
  }
  return seen
}

for (const markers of ['', '[up:state-key]']) {
  test(
    `the client of Black Forest Labs starts, asks and finds the video${markers}`,
    LIMIT,
    async (context) => {
      const { simulator, model } = await started(context)
      const { operation, warnings } = await start(model, `a fox ${markers}`, {
        duration: 5,
        aspectRatio: '16:9',
        resolution: '1280x720',
        generateAudio: true,
      })
      assert.deepEqual(warnings, [])
      const seen: string[] = []
      let result = await model.doStatus!({ operation })
      for (; result.status === 'pending'; result = await model.doStatus!({ operation }))
        seen.push(result.status)
      assert.deepEqual(seen, ['pending', 'pending'])
      assert.ok(result.status === 'completed')
      const [video] = result.videos
      assert.ok(video?.type === 'url')
      const response = await fetch(video.url)
      assert.ok(clipBytes('mp4').equals(Buffer.from(await response.arrayBuffer())))
      const [entry] = simulator.ledger
      assert.deepEqual(
        [entry!.model, entry!.key, entry!.accepted, entry!.fields['resolution'], entry!.fields['mode']],
        ['flux-3-video', 'key-of-bfl', true, 'hd', 't2v'],
      )
      assert.equal(simulator.leaks.length, 0)
    },
  )
}

test('the client of Black Forest Labs knows the ends without a video', async (context) => {
  const { model } = await started(context)
  for (const code of ['request_moderated', 'content_moderated', 'other']) {
    const prompt = `[up:steps=queued,failed][up:failed=no][up:failed-code=${code}]`
    assert.deepEqual(await statuses(model, prompt), ['pending', 'error'])
  }
  assert.deepEqual(await statuses(model, '[up:missing]'), ['error'])
})

test('the client of Black Forest Labs tells what is refused', async (context) => {
  const { model, simulator } = await started(context)
  await assert.rejects(start(model, ''), (error) => {
    assert.ok(error instanceof Error)
    assert.match(error.message, /"loc":\["body","t2v","prompt"\],"msg":"Field required"/u)
    return true
  })
  const stranger = createBlackForestLabs({ apiKey: 'wrong', baseURL: `${simulator.url}/v1` })
  await assert.rejects(start(stranger.video('flux-3-video'), 'a'), /Not authenticated/u)
  assert.deepEqual(
    simulator.ledger.map(({ accepted }) => accepted),
    [false, false],
  )
})

test('the client of Black Forest Labs waits by itself', LIMIT, async (context) => {
  const simulator = await startSimulator({ dialect: 'black-forest-labs', keys: ['k'] })
  context.after(() => simulator.close())
  const provider = createBlackForestLabs({
    apiKey: 'k',
    baseURL: `${simulator.url}/v1`,
    pollIntervalMillis: 1,
  })
  const model = provider.video('flux-3-video')
  assert.ok(model.doGenerate !== undefined)
  const { videos } = await model.doGenerate({ ...NOTHING, prompt: 'a fox' })
  assert.equal(videos.length, 1)
})
