import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { call, errorOf, openai, postJson, videoOf, type Answer, type Tries } from './client.ts'
import { startGateway, type Gateway } from './start-gateway.ts'

let gateway: Gateway
before(async () => {
  gateway = await startGateway()
})
after(() => gateway.stop())

const BASIC = { model: 'wan2.6', prompt: 'a cat' }

const post = (key: string, fields: object = BASIC, as?: string): Promise<Answer> =>
  postJson(gateway, fields, { 'idempotency-key': key }, as)

const stored = async (prompt: string): Promise<number> => {
  const page = await gateway.reelay.store.listTasks({
    projectId: 'default',
    limit: 100,
    order: 'asc',
    after: null,
    states: null,
    runningWaits: null,
    model: null,
  })
  return page.tasks.filter((task) => task.request.prompt === prompt).length
}

test('C22 the same key and body twice', async () => {
  const first = await post('c22')
  const second = await post('c22')
  assert.equal(videoOf(second).id, videoOf(first).id)
  assert.equal(second.headers.get('idempotent-replayed'), 'true')
  assert.equal(first.headers.get('idempotent-replayed'), null)
})

function sendForm(): Promise<Answer> {
  const data = new FormData()
  for (const [name, value] of Object.entries(BASIC)) data.append(name, value)
  return call(gateway, 'POST', '/v1/videos', { body: data, headers: { 'idempotency-key': 'c23' } })
}

test('C23 the same as multipart, with another boundary', async () => {
  assert.equal(videoOf(await sendForm()).id, videoOf(await sendForm()).id)
})

test('C24 the same key with another prompt', async () => {
  await post('c24')
  const second = await post('c24', { ...BASIC, prompt: 'a dog' })
  assert.deepEqual([second.status, errorOf(second).code], [422, 'idempotency_key_reused'])
})

test('C25 the same key in another project', async () => {
  const other = await gateway.addKey('other')
  assert.notEqual(videoOf(await post('c25')).id, videoOf(await post('c25', BASIC, other)).id)
})

test('C26 the same key while the first is being received; the openai client resolves it', async () => {
  const gate = Promise.withResolvers<void>()
  const text = new TextEncoder().encode(JSON.stringify(BASIC))
  const body = new ReadableStream<Uint8Array>({
    start: async (controller) => {
      controller.enqueue(text.subarray(0, 5))
      await gate.promise
      controller.enqueue(text.subarray(5))
      controller.close()
    },
  })
  const headers = {
    authorization: `Bearer ${gateway.key}`,
    'idempotency-key': 'c26',
    'content-type': 'application/json',
  }
  const arrived = gateway.untilCreate()
  const first = fetch(`${gateway.url}/v1/videos`, { method: 'POST', headers, body, duplex: 'half' })
  await arrived
  const second = await post('c26')
  assert.deepEqual([second.status, errorOf(second).code], [409, 'request_in_progress'])
  assert.equal(second.headers.get('retry-after'), '1')
  const tries: Tries = []
  const options = { headers: { 'Idempotency-Key': 'c26' } }
  const third = openai(gateway, tries).videos.create({ ...BASIC }, options)
  await gateway.untilCreate()
  gate.resolve()
  const created = (await (await first).json()) as { id: string }
  assert.equal((await third).id, created.id)
  assert.equal(tries.length, 2)
})

test('C27 openai 7: a lost answer makes one task', async () => {
  gateway.dropAnswers(1)
  const tries: Tries = []
  const video = await openai(gateway, tries).videos.create({ ...BASIC, prompt: 'c27' })
  assert.equal(tries.length, 2)
  assert.equal(await stored('c27'), 1)
  assert.ok(await gateway.reelay.store.loadTask(video.id))
})

test('C28 openai 7: eight at once, three answers lost: eight tasks', async () => {
  gateway.dropAnswers(3)
  const tries: Tries = []
  const client = openai(gateway, tries)
  const videos = await Promise.all(
    Array.from({ length: 8 }, () => client.videos.create({ ...BASIC, prompt: 'c28' })),
  )
  assert.equal(tries.length, 11)
  assert.equal(await stored('c28'), 8)
  assert.equal(new Set(videos.map(({ id }) => id)).size, 8)
})
