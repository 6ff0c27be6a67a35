import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import RunwayML, { APIError, TaskFailedError } from '@runwayml/sdk'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

async function started(context: TestContext): Promise<{ simulator: Simulator; client: RunwayML }> {
  const simulator = await startSimulator({ dialect: 'runway', keys: ['key_1'] })
  context.after(() => simulator.close())
  return { simulator, client: new RunwayML({ apiKey: 'key_1', baseURL: simulator.url, maxRetries: 0 }) }
}

const create = (client: RunwayML, promptText: string): ReturnType<RunwayML['textToVideo']['create']> =>
  client.textToVideo.create({ model: 'gen4.5', promptText, ratio: '1280:720', duration: 5 })

/** The client waits about six seconds between two looks: here it does not. */
function withoutWaits(context: TestContext): void {
  const { setTimeout: original } = globalThis
  const hurried = (work: () => void, ms?: number): NodeJS.Timeout =>
    original(work, ms !== undefined && ms >= 4_500 && ms <= 7_500 ? 0 : ms)
  context.mock.method(globalThis, 'setTimeout', hurried)
}

async function bytesAt(url: string | undefined): Promise<Buffer> {
  assert.ok(url !== undefined)
  return Buffer.from(await (await fetch(url)).arrayBuffer())
}

test("runway's client makes a video, asks, and downloads it", async (context) => {
  const { simulator, client } = await started(context)
  const { id, estimatedCost } = await create(client, 'a fox')
  assert.deepEqual(estimatedCost, { credits: 60 })
  const statuses = []
  for (let polls = 0; polls < 3; polls += 1) statuses.push((await client.tasks.retrieve(id)).status)
  assert.deepEqual(statuses, ['PENDING', 'RUNNING', 'SUCCEEDED'])
  const task = await client.tasks.retrieve(id)
  assert.ok(task.status === 'SUCCEEDED')
  assert.ok(clipBytes('mp4').equals(await bytesAt(task.output[0])))
  assert.deepEqual(
    simulator.ledger.map(({ model, accepted, key }) => [model, accepted, key]),
    [['gen4.5', true, 'key_1']],
  )
  assert.equal(simulator.leaks.length, 0)
})

test("runway's client waits for the output, and throws what failed", async (context) => {
  withoutWaits(context)
  const { client } = await started(context)
  const done = await create(client, '[up:status=PENDING,THROTTLED,RUNNING,SUCCEEDED]').waitForTaskOutput()
  assert.ok(clipBytes('mp4').equals(await bytesAt(done.output[0])))
  const prompt =
    '[up:steps=running,failed][up:failed=The prompt was rejected][up:failed-code=SAFETY.INPUT.TEXT]'
  await assert.rejects(create(client, prompt).waitForTaskOutput(), (error) => {
    assert.ok(error instanceof TaskFailedError)
    assert.equal(error.message, 'The prompt was rejected')
    assert.ok(error.taskDetails.status === 'FAILED')
    assert.equal(error.taskDetails.failureCode, 'SAFETY.INPUT.TEXT')
    return true
  })
})

test("runway's client cancels and erases, reads the account, and knows a refusal", async (context) => {
  const { client } = await started(context)
  const { id } = await create(client, '[up:steps=running]')
  await client.tasks.delete(id)
  assert.equal((await client.tasks.retrieve(id)).status, 'CANCELLED')
  await client.tasks.delete(id)
  await assert.rejects(client.tasks.retrieve(id), { status: 404 })
  assert.ok((await client.organization.retrieve()).creditBalance > 0)
  await assert.rejects(create(client, ''), (error) => {
    assert.ok(error instanceof APIError)
    assert.equal(error.status, 400)
    return true
  })
  const picture = await client.imageToVideo.create({
    model: 'gen4_turbo',
    promptImage: 'https://a.example/first.png',
    ratio: '720:1280',
  })
  assert.match(picture.id, /^[0-9a-f-]{36}$/u)
})
