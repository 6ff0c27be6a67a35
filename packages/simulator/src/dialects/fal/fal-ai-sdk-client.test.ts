import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createFal } from '@ai-sdk/fal'
import { TestClock } from '../../../test/test-clock.ts'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

type Model = ReturnType<ReturnType<typeof createFal>['video']>

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

const HOST = 'https://queue.fal.run'

/** The package's host is fixed, and it asks at no other: so requests and answers are readdressed. */
const falAt =
  (url: string): typeof globalThis.fetch =>
  async (input, init) => {
    const asked = input instanceof Request ? input.url : String(input)
    const response = await fetch(asked.replace(HOST, url), init)
    const text = await response.text()
    const { status, headers } = response
    return new Response(text.replaceAll(url, HOST), {
      status,
      headers: { 'content-type': headers.get('content-type') ?? '' },
    })
  }

type Operation = Awaited<ReturnType<NonNullable<Model['doStart']>>>['operation']

async function start(model: Model, prompt: string, duration?: number): Promise<Operation> {
  assert.ok(model.doStart !== undefined)
  return (await model.doStart({ ...NOTHING, prompt, duration })).operation
}

async function look(
  model: Model,
  operation: Operation,
): Promise<Awaited<ReturnType<NonNullable<Model['doStatus']>>>> {
  assert.ok(model.doStatus !== undefined)
  return model.doStatus({ operation })
}

interface Opened {
  readonly simulator: Simulator
  readonly clock: TestClock
  readonly model: Model
}

async function started(context: TestContext): Promise<Opened> {
  const clock = new TestClock()
  const simulator = await startSimulator({ dialect: 'fal', keys: ['id:secret'], clock })
  context.after(() => simulator.close())
  const client = createFal({ apiKey: 'id:secret', fetch: falAt(simulator.url) })
  return { simulator, clock, model: client.video('luma-dream-machine') }
}

test("the AI SDK's fal model starts a run, waits for its result, and finds the video", async (context) => {
  const { simulator, clock, model } = await started(context)
  const operation = await start(model, '[up:render=60s]', 5)
  assert.equal((await look(model, operation)).status, 'pending')
  clock.advance(60_000)
  const result = await look(model, operation)
  assert.ok(result.status === 'completed')
  const [video] = result.videos
  assert.ok(video?.type === 'url')
  const response = await fetch(video.url)
  assert.ok(clipBytes('mp4').equals(Buffer.from(await response.arrayBuffer())))
  assert.deepEqual(
    simulator.ledger.map(({ model: asked, key, fields }) => [asked, key, fields['duration']]),
    [['fal-ai/luma-dream-machine', 'id:secret', '5s']],
  )
  assert.deepEqual(simulator.leaks, [])
})

test("the AI SDK's fal model tells a failed run, and takes any error of a look for one", async (context) => {
  const { clock, model } = await started(context)
  const failed = await start(model, '[up:render=1s][up:failed=flagged]')
  clock.advance(1_000)
  assert.equal((await look(model, failed)).status, 'error')
  // What the gateway must not believe.
  const operation = await start(model, '[up:render=1s][up:look=503]')
  clock.advance(1_000)
  assert.equal((await look(model, operation)).status, 'error')
  assert.equal((await look(model, operation)).status, 'completed')
})

test("the AI SDK's fal model tells what is refused", async (context) => {
  const { simulator } = await started(context)
  const stranger = createFal({ apiKey: 'x', fetch: falAt(simulator.url) }).video('luma-dream-machine')
  await assert.rejects(start(stranger, 'a'))
  assert.deepEqual(
    simulator.ledger.map(({ accepted }) => accepted),
    [false],
  )
})
