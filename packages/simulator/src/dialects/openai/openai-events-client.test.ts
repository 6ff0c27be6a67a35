import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { fieldsOf } from '../../../test/test-client.ts'
import { startSimulator } from '../../simulator.ts'

test("OpenAI's client lists, pages and deletes", async (context) => {
  const simulator = await startSimulator({ dialect: 'openai', keys: ['key-1'] })
  context.after(() => simulator.close())
  const client = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'key-1', maxRetries: 0 })
  const ids: string[] = []
  for (const prompt of ['one', 'two [up:steps=done]', 'three']) {
    ids.push((await client.videos.create({ model: 'sora-2', prompt })).id)
  }
  const listed: string[] = []
  for await (const video of client.videos.list({ limit: 2, order: 'asc' })) listed.push(video.id)
  assert.deepEqual(listed, ids)
  const [one = '', two = ''] = ids
  assert.equal((await client.videos.retrieve(two)).status, 'completed')
  await assert.rejects(client.videos.delete(one), { status: 400 })
  assert.deepEqual(await client.videos.delete(two), { id: two, object: 'video.deleted', deleted: true })
  await assert.rejects(client.videos.retrieve(two), { status: 404 })
})

test("OpenAI's client unwraps the account's events, and nothing that is forged", async (context) => {
  const hooks: { headers: Headers; body: string }[] = []
  const arrived = Promise.withResolvers<void>()
  const simulator = await startSimulator({
    dialect: 'openai',
    keys: ['key-1'],
    callbackUrl: 'http://127.0.0.1:9/hook',
    // What is sent is taken here, as a receiver would get it.
    fetch: async (_url, init) => {
      hooks.push({ headers: new Headers(init?.headers), body: await new Response(init?.body ?? null).text() })
      if (hooks.length === 2) arrived.resolve()
      return new Response(null, { status: 200 })
    },
  })
  context.after(() => simulator.close())
  const options = { baseURL: `${simulator.url}/v1`, apiKey: 'key-1', webhookSecret: simulator.secrets.hmac }
  const client = new OpenAI(options)
  const good = await client.videos.create({ model: 'sora-2', prompt: '[up:ms=1][up:steps=queued,done]' })
  const bad = await client.videos.create({ model: 'sora-2', prompt: '[up:ms=1][up:steps=queued,failed]' })
  await arrived.promise
  const events = await Promise.all(
    hooks.map(async ({ headers, body }) => fieldsOf(await client.webhooks.unwrap(body, headers))),
  )
  const told = events.map(({ type, object, data }) => [type, object, data])
  assert.deepEqual(
    new Set(told.map(String)),
    new Set(
      [
        ['video.completed', 'event', { id: good.id }],
        ['video.failed', 'event', { id: bad.id }],
      ].map(String),
    ),
  )
  assert.deepEqual(new Set(events.map(({ data }) => fieldsOf(data)['id'])), new Set([good.id, bad.id]))
  const [{ headers, body }] = hooks as [(typeof hooks)[0]]
  await assert.rejects(client.webhooks.unwrap(body.replace('event', 'evil'), headers))
  const forged = await simulator.callback(good.id, { phase: 'done', faults: 'forged' })
  await assert.rejects(client.webhooks.unwrap(forged.body, new Headers(forged.headers)))
  const other = new OpenAI({ ...options, webhookSecret: simulator.secrets.previous.hmac })
  await assert.rejects(other.webhooks.unwrap(body, headers))
})
