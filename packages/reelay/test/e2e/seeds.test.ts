import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import type { Video } from '@reelay/sdk'
import { z } from 'zod'
import { probeVideo } from '../../src/media/probe.ts'
import { ask, follow, TERMINAL, videoOf, type Answer } from './client.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'

const run = promisify(execFile)

/** The published create command, in its own words: only host, key and model are put in. */
const createCommand = (host: string, key: string, model: string): string[] => [
  `${host}/v1/videos`,
  '-H',
  `Authorization: Bearer ${key}`,
  '-F',
  `model=${model}`,
  '-F',
  'prompt=A cinematic shot of a paper airplane crossing a desk',
]
const pollCommand = (host: string, key: string, id: string): string[] => [
  `${host}/v1/videos/${id}`,
  '-H',
  `Authorization: Bearer ${key}`,
]

/** What the page shows of a new task; `task_id` repeats `id`. */
const PUBLISHED = ['created_at', 'id', 'model', 'object', 'progress', 'status', 'task_id']
const OURS = ['completed_at', 'error', 'expires_at', 'prompt', 'reelay', 'remixed_from_video_id', 'seconds']

let directory: string
let gateway: OpenGateway
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reelay-seeds-'))
  gateway = await openGateway({ REELAY_PROVIDERS: 'local' })
})
after(async () => {
  await gateway.stop()
  await rm(directory, { recursive: true, force: true })
})

function checkCreated(body: unknown, sentAtMs: number): string {
  const video = body as Video
  assert.deepEqual(Object.keys(video).toSorted(), [...PUBLISHED, ...OURS, 'size'].toSorted())
  assert.match(video.id, /^video_/)
  const { task_id, object, model, status, progress, created_at } = video
  assert.deepEqual(
    { task_id, object, model, status, progress },
    { task_id: video.id, object: 'video', model: 'local/preview', status: 'queued', progress: 0 },
  )
  assert.ok(Number.isInteger(created_at), 'created_at counts whole seconds')
  assert.ok(created_at >= Math.floor(sentAtMs / 1000) && created_at <= Math.ceil(Date.now() / 1000))
  assert.equal('video_url' in video, false)
  return video.id
}

async function checkFile(bytes: Buffer, name: string): Promise<void> {
  const path = join(directory, name)
  await writeFile(path, bytes)
  const { mime, width, height, durationMs, codec } = await probeVideo(path)
  assert.deepEqual([mime, codec], ['video/mp4', 'avc'])
  assert.ok(width > 0 && height > 0)
  assert.ok(Math.abs(durationMs - 4_000) < 200, `${durationMs} ms`)
}

const curl = async (args: readonly string[]): Promise<string> => (await run('curl', ['-sS', ...args])).stdout

const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)

test(
  'the published commands, word for word, with curl',
  { skip: !hasCurl && 'there is no curl here' },
  async () => {
    const sentAtMs = Date.now()
    const created: unknown = JSON.parse(await curl(createCommand(gateway.url, gateway.key, 'local/preview')))
    const id = checkCreated(created, sentAtMs)
    const poll = pollCommand(gateway.url, gateway.key, id)
    let video = created as Video
    for (let look = 0; look < 40 && !TERMINAL.has(video.status); look += 1) {
      video = JSON.parse(await curl([...poll, '-H', 'Prefer: wait=20'])) as Video
    }
    // The last look as the page has it, without asking the gateway to wait.
    video = JSON.parse(await curl(poll)) as Video
    assert.deepEqual([video.id, video.object, video.status, video.progress], [id, 'video', 'completed', 100])
    assert.ok((video.completed_at ?? 0) >= video.created_at)
    const path = join(directory, 'curl.mp4')
    await curl(['-f', '-o', path, `${poll[0]}/content`, ...poll.slice(1)])
    await checkFile(await readFile(path), 'content.mp4')
    await curl(['-f', '-o', path, video.video_url ?? ''])
    await checkFile(await readFile(path), 'link.mp4')
  },
)

test('the same requests with fetch', async () => {
  const form = new FormData()
  form.append('model', 'local/preview')
  form.append('prompt', 'A cinematic shot of a paper airplane crossing a desk')
  const sentAtMs = Date.now()
  const created = await ask(gateway, '/v1/videos', { method: 'POST', body: form })
  assert.equal(created.status, 200)
  const id = checkCreated(created.json, sentAtMs)
  const seen = await follow(gateway, id)
  const end = seen.at(-1)!
  assert.deepEqual([end.id, end.status, end.progress], [id, 'completed', 100])
  const content = await ask(gateway, `/v1/videos/${id}/content`)
  assert.deepEqual([content.status, content.headers.get('content-type')], [200, 'video/mp4'])
  await checkFile(content.bytes, 'content-fetch.mp4')
  const link = await ask(gateway, end.video_url ?? '', { key: null })
  assert.equal(link.status, 200)
  assert.deepEqual(link.bytes, content.bytes)
  // The row "Missing video_url": the link is optional, the content route serves the same without it.
  assert.equal((await ask(gateway, `/v1/videos/${id}/content`, { key: null })).status, 401)
})

/** The error table's first row: a client that lost its callback, and even its process, needs the id only. */
test('a client that stores the id alone polls until a terminal state, and it stays', async () => {
  for (const [prompt, status] of [
    ['short', 'completed'],
    ['short [fail]', 'failed'],
  ] as const) {
    const body = new URLSearchParams({ model: 'local/preview', prompt, seconds: '1', size: '320x180' })
    const { id } = videoOf(await ask(gateway, '/v1/videos', { method: 'POST', body }))
    const end = (await follow(gateway, id)).at(-1)!
    assert.equal(end.status, status)
    const again = await ask(gateway, `/v1/videos/${id}`, { headers: { prefer: 'wait=20' } })
    assert.deepEqual(stable(again), stable({ ...again, json: end }))
  }
})

/** All but the link, whose signature is renewed. */
function stable(answer: Answer): unknown {
  const rest = z.looseObject({ video_url: z.string().optional() }).parse(answer.json)
  return { ...rest, video_url: rest.video_url === undefined ? 'none' : 'some' }
}
