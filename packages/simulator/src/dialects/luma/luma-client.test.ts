import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { LumaAI } from 'lumaai'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

async function started(context: TestContext): Promise<{ simulator: Simulator; client: LumaAI }> {
  const simulator = await startSimulator({ dialect: 'luma', keys: ['luma-1'] })
  context.after(() => simulator.close())
  const baseURL = simulator.dialect.environment(simulator.url, 'luma-1')['LUMAAI_BASE_URL']
  assert.ok(baseURL !== undefined)
  return { simulator, client: new LumaAI({ authToken: 'luma-1', baseURL, maxRetries: 0 }) }
}

test("luma's client makes a video, asks, and gets it", async (context) => {
  const { simulator, client } = await started(context)
  const { id } = await client.generations.create({ model: 'ray-2', prompt: 'a fox', duration: '5s' })
  assert.ok(id !== undefined)
  const states = []
  for (let polls = 0; polls < 3; polls += 1) states.push((await client.generations.get(id)).state)
  assert.deepEqual(states, ['queued', 'dreaming', 'completed'])
  const { assets, request } = await client.generations.get(id)
  assert.deepEqual(request, { generation_type: 'video', model: 'ray-2', prompt: 'a fox', duration: '5s' })
  assert.ok(assets?.video !== undefined)
  const response = await fetch(assets.video)
  assert.ok(clipBytes('mp4').equals(Buffer.from(await response.arrayBuffer())))
  assert.deepEqual(
    simulator.ledger.map(({ model, accepted, key }) => [model, accepted, key]),
    [['ray-2', true, 'luma-1']],
  )
  assert.equal(simulator.leaks.length, 0)
})

test("luma's client sees why a generation failed, lists, deletes, and knows a refusal", async (context) => {
  const { client } = await started(context)
  const { id } = await client.generations.video.create({
    model: 'ray-flash-2',
    prompt: '[up:steps=failed][up:failed=Prompt processing failed]',
  })
  assert.ok(id !== undefined)
  const failed = await client.generations.get(id)
  assert.deepEqual([failed.state, failed.failure_reason], ['failed', 'Prompt processing failed'])
  const { generations, count } = await client.generations.list({ limit: 10 })
  assert.deepEqual([generations[0]?.id, count], [id, 1])
  await client.generations.delete(id)
  await assert.rejects(client.generations.get(id), (error) => {
    assert.ok(error instanceof LumaAI.NotFoundError)
    return true
  })
  assert.ok((await client.credits.get()).credit_balance > 0)
  assert.deepEqual(await client.ping.check(), { message: 'pong' })
  await assert.rejects(client.generations.create({ model: 'ray-2', prompt: 'a' }), (error) => {
    assert.ok(error instanceof LumaAI.BadRequestError)
    assert.match(error.message, /too short/u)
    return true
  })
  const stranger = new LumaAI({ authToken: 'stolen', baseURL: client.baseURL, maxRetries: 0 })
  await assert.rejects(stranger.generations.get(id), (error) => {
    assert.ok(error instanceof LumaAI.AuthenticationError)
    return true
  })
})
