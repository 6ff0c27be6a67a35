import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Simulator, clipBytes, startSimulator } from '@reelay/simulator'
import type { Video } from '@reelay/sdk'
import { ask, create, follow } from './client.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'
import { atOnce } from '../support/at-once.ts'

/** The two models of the published pages, through a server that speaks as those pages do. */
const MODELS = ['doubao-seedance-2-0', 'wan2.6']
const CLIP = clipBytes('mp4')
const CLIP_SHA256 = createHash('sha256').update(CLIP).digest('hex')
const ORDER = ['queued', 'in_progress', 'completed']

let upstream: Simulator
let gateway: OpenGateway
before(async () => {
  upstream = await startSimulator({ dialect: 'comet', dripMs: 1, keys: ['test-key'] })
  const environment = { REELAY_PROVIDERS: 'cometapi', COMETAPI_KEY: 'test-key' }
  gateway = await openGateway({ ...environment, COMETAPI_BASE_URL: upstream.url })
})
after(async () => {
  await gateway.stop()
  await upstream.close()
})

async function run(model: string, prompt: string): Promise<{ seen: Video[]; end: Video }> {
  const created = await create(gateway, { model, prompt })
  assert.deepEqual([created.status, created.progress, created.model], ['queued', 0, model])
  const seen = [created, ...(await follow(gateway, created.id))]
  const posts = upstream.ledger.filter((entry) => entry.prompt === prompt)
  assert.deepEqual(
    posts.map(({ accepted, model: sent }) => [accepted, sent]),
    [[true, model]],
    `${prompt} was not submitted exactly once`,
  )
  checkOrder(seen)
  return { seen, end: seen.at(-1)! }
}

/** Whatever the provider said, and in which order: clients see the pages' statuses, and none goes back. */
function checkOrder(seen: readonly Video[]): void {
  const ranks = seen.map(({ status }) => (ORDER.includes(status) ? ORDER.indexOf(status) : ORDER.length))
  const rising = ranks.toSorted((one, other) => one - other)
  assert.deepEqual(ranks, rising, seen.map(({ status }) => status).join(' '))
  const progress = seen.map((video) => video.progress)
  assert.deepEqual(
    progress,
    progress.toSorted((one, other) => one - other),
  )
}

async function checkDelivered(end: Video): Promise<void> {
  assert.deepEqual([end.status, end.progress, end.error], ['completed', 100, null], JSON.stringify(end))
  assert.deepEqual([end.reelay?.sha256, end.reelay?.bytes], [CLIP_SHA256, CLIP.byteLength])
  const content = await ask(gateway, `/v1/videos/${end.id}/content`)
  assert.deepEqual([content.status, content.headers.get('content-type')], [200, 'video/mp4'])
  assert.deepEqual(content.bytes, CLIP)
  const linked = await ask(gateway, end.video_url ?? '', { key: null })
  assert.deepEqual(linked.bytes, CLIP)
}

/** The file was read from here: `link` is the provider's `video_url`, `content` its content route. */
function fetchedFrom(end: Video): string[] {
  const id = end.reelay?.provider_task_id ?? ''
  const files = upstream.requests.filter(({ url }) => url.includes(id) && /\/content$|^\/files\//.test(url))
  return [...new Set(files.map(({ url }) => (url.startsWith('/files/') ? 'link' : 'content')))]
}

const COMPLETED: readonly (readonly [title: string, markers: string, source: string])[] = [
  ['lower-case words, video_url', '', 'link'],
  ['upper-case words, video_url', '[up:upper]', 'link'],
  ['lower-case words, completed without video_url', '[up:no-url]', 'content'],
  ['upper-case words, completed without video_url', '[up:upper] [up:no-url]', 'content'],
  ['the wrapper with the link in fail_reason', '[up:wrapper]', 'link'],
  ['task_not_exist on the first looks', '[up:missing=3]', 'link'],
]

for (const model of MODELS) {
  for (const [title, markers, source] of COMPLETED) {
    test(`${model}: ${title}`, async () => {
      const { end } = await run(model, `${model}: ${title} ${markers}`)
      await checkDelivered(end)
      assert.deepEqual(fetchedFrom(end), [source])
    })
  }

  test(`${model}: progress as "45%", 30 and absent`, async () => {
    const prompt = `${model}: progress [up:steps=running:45%,running:30,running:-]`
    const created = await create(gateway, { model, prompt })
    const id = (): string =>
      atOnce(gateway.reelay.store.loadTask(created.id))?.attempt?.operation?.providerTaskId ?? ''
    // By the fourth look the other three were believed or not.
    await upstream.untilRequest(({ method, url }) => method === 'GET' && url.endsWith(`/${id()}`), 4)
    const { progress, status } = (await ask(gateway, `/v1/videos/${created.id}`)).json as Video
    assert.deepEqual([status, progress], ['in_progress', 45])
    upstream.rescript(id(), '[up:steps=done]')
    await checkDelivered((await follow(gateway, created.id)).at(-1)!)
    assert.equal(upstream.ledger.filter((entry) => entry.prompt === prompt).length, 1)
  })

  test(`${model}: failed, and the error status, in both vocabularies`, async () => {
    const ends = ['[up:failed=the cat ran away]', '[up:error=the cat ran away]']
    for (const markers of [...ends, ...ends.map((marker) => `[up:upper] ${marker}`)]) {
      const { end } = await run(model, `${model}: ends badly ${markers}`)
      assert.equal(end.status, 'failed')
      assert.deepEqual([end.error?.code, end.error?.type], ['provider_failed', 'provider_error'])
      assert.match(end.error?.message ?? '', /the cat ran away/)
      assert.equal('video_url' in end, false)
      const content = await ask(gateway, `/v1/videos/${end.id}/content`)
      assert.equal(content.status, 404)
    }
  })

  test(`${model}: a failed wrapper tells its fail_reason`, async () => {
    const { end } = await run(model, `${model}: wrapped [up:wrapper] [up:failed=the cat ran away]`)
    assert.deepEqual([end.status, 'video_url' in end], ['failed', false])
    assert.match(end.error?.message ?? '', /the cat ran away/)
  })
}
