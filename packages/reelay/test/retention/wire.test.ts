import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Video } from '@reelay/sdk'
import { ask, retrieve, untilEnded, type Answer } from '../e2e/client.ts'
import { Receiver } from '../webhooks/receiver.ts'
import { WebhookGateway } from '../webhooks/webhook-gateway.ts'

const LIMIT = { timeout: 60_000 }
const HOUR_MS = 3_600_000

type Scene = { w: WebhookGateway; id: string; video: Video }

async function open(t: TestContext, fields: Record<string, string> = {}): Promise<Scene> {
  const w = await WebhookGateway.open({ REELAY_RETENTION: '6h', REELAY_LINK_TTL: '2d' })
  t.after(() => w[Symbol.asyncDispose]())
  const id = await w.create(fields)
  return { w, id, video: await untilEnded(w.gateway, id) }
}

const codeOf = ({ json }: Answer): unknown => (json as { error: { code: unknown } }).error.code

const messageOf = ({ json }: Answer): string => (json as { error: { message: string } }).error.message

/** Until the files were removed, which the timeline tells. */
async function untilRemoved({ w, id }: Scene): Promise<void> {
  const { retention } = w.gateway.reelay.store
  const recorded = Promise.withResolvers<void>()
  const record = retention.recordFilesRemoved.bind(retention)
  retention.recordFilesRemoved = async (ids) => {
    const news = await record(ids)
    if (ids.includes(id)) recorded.resolve()
    return news
  }
  w.clock.jump(10 * 60_000)
  await recorded.promise
}

test(
  'a video says until when it is kept; from that second on it has no link, and its bytes are 410',
  LIMIT,
  async (t) => {
    const scene = await open(t)
    const { w, id, video } = scene
    const { gateway } = w
    assert.equal(video.status, 'completed')
    assert.ok(video.expires_at !== null && video.completed_at !== null)
    const keptSeconds = video.expires_at - video.completed_at
    assert.ok(keptSeconds >= 6 * 3_600 && keptSeconds <= 6 * 3_600 + 1, `${keptSeconds} s`)
    const link = video.video_url ?? assert.fail('no link')
    const content = `/v1/videos/${id}/content`
    const before = await ask(gateway, `/v1/videos/${id}`)
    const etag = before.headers.get('etag') ?? ''
    assert.equal((await ask(gateway, link, { key: null })).status, 200)

    w.clock.jump(video.expires_at * 1_000 - w.clock.nowMs() + 1)
    for (const [path, key] of [
      [content, undefined],
      [link, null],
      [`${content}?variant=thumbnail`, undefined],
      [`${content}?variant=spritesheet`, undefined],
    ] as const) {
      const answer = await ask(gateway, path, key === undefined ? {} : { key })
      assert.deepEqual([answer.status, codeOf(answer)], [410, 'video_expired'], path)
      assert.match(messageOf(answer), /were kept until \d{4}-\d\d-\d\dT.*Create the video again/)
      assert.equal(answer.headers.get('x-should-retry'), 'false')
      const head = await ask(gateway, path, { method: 'HEAD', ...(key === undefined ? {} : { key }) })
      assert.deepEqual([head.status, head.bytes.byteLength], [410, 0], path)
      const range = { headers: { range: 'bytes=0-9' }, ...(key === undefined ? {} : { key }) }
      assert.equal((await ask(gateway, path, range)).status, 410, path)
    }
    const after = await ask(gateway, `/v1/videos/${id}`, { headers: { 'if-none-match': etag } })
    assert.equal(after.status, 200, 'what a client has seen of it has changed')
    const { video_url: url, ...gone } = after.json as Video
    assert.deepEqual([url, gone.status, gone.expires_at], [undefined, 'completed', video.expires_at])

    await untilRemoved(scene)
    assert.deepEqual(await gateway.reelay.store.artifacts(id), [])
    assert.equal((await gateway.reelay.store.timeline(id)).at(-1)?.kind, 'task.files_expired')
    const answer = await ask(gateway, content)
    assert.deepEqual([answer.status, codeOf(answer)], [410, 'video_expired'])
    assert.deepEqual(await retrieve(gateway, id), after.json)
    const [listed] = ((await ask(gateway, '/v1/videos')).json as { data: Video[] }).data
    assert.deepEqual(listed, after.json)
  },
)

test('a webhook that is sent after that has no link', LIMIT, async (t) => {
  await using receiver = await Receiver.open(
    (response, call) => void response.writeHead(call === 1 ? 500 : 204).end(),
  )
  const { w, video } = await open(t, { callback_url: receiver.url })
  const { event: first } = await receiver.nth(1)
  assert.ok((first['result'] as { video_url?: string }).video_url)
  await w.logged(1)
  w.clock.jump(7 * HOUR_MS)
  const { event: second } = await receiver.nth(2)
  assert.equal(second['type'], 'video.completed')
  assert.equal(second['result'], null)
  const data = second['data'] as Video
  assert.deepEqual([data.video_url, data.expires_at], [undefined, video.expires_at])
})

test('a project may keep its videos for another time', LIMIT, async (t) => {
  const w = await WebhookGateway.open({ REELAY_RETENTION: '6h' })
  t.after(() => w[Symbol.asyncDispose]())
  const limit = async (limits: object): Promise<number | null> => {
    const body = JSON.stringify({ limits })
    const headers = { 'content-type': 'application/json' }
    const answer = await ask(w.gateway, '/v1/projects/default', { method: 'PATCH', body, headers })
    assert.equal(answer.status, 200, JSON.stringify(answer.json))
    const { completed_at: at, expires_at: until } = await untilEnded(w.gateway, await w.create())
    return until === null || at === null ? null : Math.floor((until - at) / 3_600)
  }
  assert.equal(await limit({ retention_seconds: 86_400 }), 24)
  assert.equal(await limit({ retention_seconds: null }), null)
  assert.equal(await limit({}), 6)
})

test('a record that is gone is as if it had never been', LIMIT, async (t) => {
  const w = await WebhookGateway.open({ REELAY_RETENTION_RECORDS: '1d' })
  t.after(() => w[Symbol.asyncDispose]())
  const { gateway } = w
  const body = JSON.stringify({ model: 'wan2.6', prompt: 'a boat [up:steps=done]' })
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'once' }
  const make = (): Promise<Answer> => ask(gateway, '/v1/videos', { method: 'POST', body, headers })
  const { id } = (await make()).json as Video
  const video = await untilEnded(gateway, id)
  assert.equal(
    (video.expires_at ?? 0) - (video.completed_at ?? 0) >= 86_400,
    true,
    'the file goes with its record',
  )
  const { retention } = gateway.reelay.store
  const purge = retention.purgeTasks.bind(retention)
  const purged = Promise.withResolvers<void>()
  retention.purgeTasks = async (query) => {
    const done = await purge(query)
    if (done.taskIds.includes(id)) purged.resolve()
    return done
  }
  w.clock.jump(23 * HOUR_MS)
  const replay = await make()
  assert.deepEqual([replay.status, (replay.json as Video).id], [200, id])
  w.clock.jump(3 * HOUR_MS)
  await purged.promise
  for (const path of [`/v1/videos/${id}`, `/v1/videos/${id}/content`, `/v1/videos/${id}/deliveries`]) {
    const answer = await ask(gateway, path)
    assert.deepEqual([answer.status, codeOf(answer)], [404, 'video_not_found'], path)
  }
  const list = (await ask(gateway, '/v1/videos')).json as { data: Video[] }
  assert.deepEqual(list.data, [])
})
