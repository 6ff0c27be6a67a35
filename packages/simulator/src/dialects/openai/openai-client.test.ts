import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI, { APIError } from 'openai'
import { clipBytes } from '../../clips.ts'
import { startSimulator } from '../../simulator.ts'

/** The servers that OpenAI's own client can speak to as it is. */
const SERVERS = [
  { dialect: 'openai', model: 'sora-2' },
  { dialect: 'comet', model: 'wan2.6' },
  { dialect: 'vllm', model: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers' },
] as const

for (const { dialect, model } of SERVERS) {
  test(`OpenAI's client makes a video at ${dialect}, and sees a failure`, async (context) => {
    const simulator = await startSimulator({ dialect, keys: ['key-1'] })
    context.after(() => simulator.close())
    const baseURL = `${simulator.url}/v1`
    const client = new OpenAI({ baseURL, apiKey: 'key-1', maxRetries: 0 })
    const video = await client.videos.create({ model, prompt: 'a boat', seconds: '4' })
    assert.equal(video.status, 'queued')
    await assert.rejects(client.videos.downloadContent(video.id), APIError)
    const seen = []
    for (let polls = 0; polls < 3; polls += 1) seen.push((await client.videos.retrieve(video.id)).status)
    assert.deepEqual(seen, ['queued', 'in_progress', 'completed'])
    const content = await client.videos.downloadContent(video.id)
    assert.ok(clipBytes('mp4').equals(Buffer.from(await content.arrayBuffer())))
    const lost = await client.videos
      .create({ model, prompt: '[up:create=503][up:steps=done]' })
      .catch((error: unknown) => error)
    assert.ok(lost instanceof APIError && lost.status === 503)
    const other = new OpenAI({ baseURL, apiKey: 'key-2', maxRetries: 0 })
    await assert.rejects(other.videos.retrieve(video.id), { status: 401 })
    assert.deepEqual(
      simulator.ledger.map(({ accepted, key }) => [accepted, key]),
      [
        [true, 'key-1'],
        [false, 'key-1'],
      ],
    )
  })
}

test("OpenAI's client repeats a create that was lost by itself, and the ledger shows two jobs", async (context) => {
  const simulator = await startSimulator({ dialect: 'openai' })
  context.after(() => simulator.close())
  const client = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'any' })
  await client.videos.create({ model: 'sora-2', prompt: '[up:create=reset-after-accept]' })
  assert.deepEqual(
    simulator.ledger.map(({ accepted, fault }) => [accepted, fault]),
    [
      [true, 'reset-after-accept'],
      [true, null],
    ],
  )
})
