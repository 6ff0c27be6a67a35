import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { NotFoundError } from 'openai'
import { call, errorOf, openai, postJson, untilEnded, videoOf, type Answer } from './client.ts'
import { startGateway, type Gateway } from './start-gateway.ts'

let gateway: Gateway
before(async () => {
  gateway = await startGateway()
})
after(() => gateway.stop())

async function create(prompt: string): Promise<string> {
  const answer = await postJson(gateway, { model: 'wan2.6', prompt })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return videoOf(answer).id
}

const get = (id: string, headers: Record<string, string> = {}): Promise<Answer> =>
  call(gateway, 'GET', `/v1/videos/${id}`, { headers })

const WAITS = '[up:steps=queued*100000]'

test('C29 a queued video', async () => {
  const { status, body, headers } = await get(await create(`c29 ${WAITS}`))
  assert.deepEqual([status, body['status']], [200, 'queued'])
  assert.ok(Number(headers.get('retry-after')) >= 1 && Number(headers.get('retry-after')) <= 60)
  assert.ok(Number(headers.get('openai-poll-after-ms')) >= 1_000)
  assert.ok(headers.has('etag'))
  assert.equal('video_url' in body, false)
})

test('C30 If-None-Match, before and after a change', async () => {
  const hold = gateway.upstream.hold('poll')
  const id = await create('c30')
  const etag = (await get(id)).headers.get('etag') ?? ''
  // Other tasks are polled too: only this one's own job tells that its submission is stored.
  await gateway.untilTask(id, (task) => task.state === 'running')
  const submitted = (await get(id)).headers.get('etag') ?? ''
  assert.equal((await get(id, { 'if-none-match': submitted })).status, 304)
  hold.release()
  await untilEnded(gateway, id)
  assert.equal((await get(id, { 'if-none-match': etag })).status, 200)
  assert.equal((await get(id, { 'if-none-match': submitted })).status, 200)
})

test('C31 Prefer: wait answers at the change', async () => {
  const hold = gateway.upstream.hold('poll')
  const id = await create('c31 [up:steps=done]')
  await hold.reached()
  const content = gateway.upstream.hold('link')
  const waiting = get(id, { prefer: 'wait=25' })
  hold.release()
  const { body, headers } = await waiting
  assert.equal(body['status'], 'in_progress')
  assert.equal(headers.get('preference-applied'), 'wait=25')
  const next = get(id, { prefer: 'wait=25' })
  content.release()
  assert.equal((await next).body['status'], 'completed')
})

test('C32 openai: a completed video', async () => {
  const id = await create('c32')
  await untilEnded(gateway, id)
  const video = (await openai(gateway).videos.retrieve(id)) as unknown as ReturnType<typeof videoOf>
  assert.deepEqual([video.status, video.progress, video.error], ['completed', 100, null])
  assert.ok((video.completed_at ?? 0) >= video.created_at)
  assert.ok(URL.canParse(video.video_url ?? ''))
})

test('C33 openai: a failed video is a 200', async () => {
  const id = await create('c33 [up:failed=the cat ran away]')
  await untilEnded(gateway, id)
  const video = await openai(gateway).videos.retrieve(id)
  assert.equal(video.status, 'failed')
  assert.equal(video.error?.code, 'provider_failed')
  assert.match(video.error?.message ?? '', /the cat ran away/)
})

test('C34 the provider’s error is failed here too', async () => {
  for (const word of ['error', 'ERROR']) {
    const video = await untilEnded(gateway, await create(`c34 [up:status=queued,${word}]`))
    assert.deepEqual([video.status, video.error?.type], ['failed', 'provider_error'])
  }
})

test('C35 an unknown id', async () => {
  const id = 'video_00000000000000000000000000'
  const answer = await get(id)
  assert.equal(answer.status, 404)
  assert.deepEqual(Object.keys(errorOf(answer)).toSorted(), ['code', 'message', 'param', 'type'])
  await assert.rejects(openai(gateway).videos.retrieve(id), (error) => {
    assert.ok(error instanceof NotFoundError)
    assert.equal(error.code, 'video_not_found')
    assert.ok(error.requestID)
    return true
  })
})

test('C36 another owner’s id', async () => {
  const key = await gateway.addKey('other')
  const answer = await call(gateway, 'GET', `/v1/videos/${await create('c36')}`, { key })
  assert.deepEqual([answer.status, errorOf(answer).code], [404, 'video_not_found'])
})

test('C45 openai: every video once over the pages; newest first', async () => {
  const key = await gateway.addKey('lists')
  const ids: string[] = []
  for (let count = 0; count < 7; count += 1) {
    ids.push(
      videoOf(await postJson(gateway, { model: 'wan2.6', prompt: `c45 ${count} ${WAITS}` }, {}, key)).id,
    )
  }
  const client = openai({ ...gateway, key })
  const seen: string[] = []
  for await (const video of client.videos.list({ limit: 3, order: 'asc' })) seen.push(video.id)
  assert.deepEqual(seen.toSorted(), ids.toSorted())
  assert.equal(seen.length, 7)
  const page = await call(gateway, 'GET', '/v1/videos', { key })
  assert.deepEqual(Object.keys(page.body).toSorted(), ['data', 'first_id', 'has_more', 'last_id', 'object'])
  assert.deepEqual(
    (page.body['data'] as { id: string }[]).map(({ id }) => id),
    seen.toReversed(),
  )
})

test('C46 bad list parameters', async () => {
  for (const query of ['limit=0', 'limit=101', 'order=up', 'after=video_nope']) {
    const answer = await call(gateway, 'GET', `/v1/videos?${query}`)
    assert.deepEqual([answer.status, errorOf(answer).code], [400, 'invalid_value'], query)
  }
})

test('C47 after a deleted video', async () => {
  const key = await gateway.addKey('deletes')
  for (const number of [1, 2, 3]) {
    await postJson(gateway, { model: 'wan2.6', prompt: `c47 ${number} ${WAITS}` }, {}, key)
  }
  const list = async (query: string): Promise<string[]> => {
    const page = await call(gateway, 'GET', `/v1/videos?order=asc&${query}`, { key })
    return (page.body['data'] as { id: string }[]).map(({ id }) => id)
  }
  const [, second, third] = await list('')
  await call(gateway, 'DELETE', `/v1/videos/${second}`, { key })
  assert.deepEqual(await list(`after=${second}`), [third])
})

test('C51 a method that the route does not have', async () => {
  const answer = await call(gateway, 'PUT', `/v1/videos/${await create('c51')}`, { body: '{}' })
  assert.deepEqual([answer.status, errorOf(answer).code], [405, 'method_not_allowed'])
  assert.equal(answer.headers.get('allow'), 'DELETE, GET, HEAD')
})

test('C52 a route that is none', async () => {
  const answer = await call(gateway, 'GET', '/v1/nope')
  assert.deepEqual([answer.status, errorOf(answer).code], [404, 'unknown_url'])
})

test('C53 every answer has a request id', async () => {
  for (const path of ['/v1/nope', '/v1/videos', '/healthz', '/docs']) {
    assert.ok((await call(gateway, 'GET', path)).headers.get('x-request-id'))
  }
})
