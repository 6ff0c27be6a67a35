import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import OpenAI from 'openai'
import { type Simulator, startSimulator } from '@reelay/simulator'
import { createClient, spriteFrame, type Video } from '@reelay/sdk'
import { decodePicture } from '../../src/media/test-sheet.ts'
import { ask, create, retrieve, untilEnded } from './client.ts'
import { openGateway, type OpenGateway } from './open-gateway.ts'

let upstream: Simulator
let gateway: OpenGateway
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelay-sheets-'))
  upstream = await startSimulator({ dialect: 'comet', dripMs: 1 })
  gateway = await openGateway({
    REELAY_PROVIDERS: 'cometapi',
    COMETAPI_KEY: 'test-key',
    COMETAPI_BASE_URL: upstream.url,
    REELAY_STORAGE_URL: `file:${folder}`,
  })
})
after(async () => {
  await gateway.stop()
  await upstream.close()
  await rm(folder, { recursive: true, force: true })
})

/** Names of all files of a task, wherever in the storage they are. */
async function keptOf(id: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).filter(
    (name) => name.includes(id) && /\.\w+$/.test(name),
  )
}

async function completed(): Promise<Video> {
  const { id } = await create(gateway, { model: 'wan2.6', prompt: 'a cat' })
  const video = await untilEnded(gateway, id)
  assert.equal(video.status, 'completed')
  return video
}

const sheetPath = (id: string): string => `/v1/videos/${id}/content?variant=spritesheet`

test('a completed video has a sheet that is laid out as its object says', async () => {
  const { id, reelay } = await completed()
  const { spritesheet, codec, media_type, playable } = reelay ?? {}
  assert.deepEqual(spritesheet, {
    columns: 4,
    rows: 3,
    frames: 10,
    frame_width: 160,
    frame_height: 90,
    seconds_per_frame: 0.2,
  })
  assert.deepEqual([codec, media_type, playable], ['h264', 'video/mp4; codecs="avc1.4d400c"', true])
  const sheet = await ask(gateway, sheetPath(id))
  assert.equal(sheet.status, 200)
  assert.equal(sheet.headers.get('content-type'), 'image/jpeg')
  assert.equal(sheet.headers.get('content-disposition'), `inline; filename="${id}-spritesheet.jpg"`)
  const { width, height } = await decodePicture(sheet.bytes)
  assert.deepEqual([width, height], [640, 270])
  const last = spriteFrame(spritesheet ?? assert.fail('no layout'), 1.99)
  assert.deepEqual(last, { x: 160, y: 180, width: 160, height: 90 })
  const etag = sheet.headers.get('etag') ?? ''
  assert.equal((await ask(gateway, sheetPath(id), { headers: { 'if-none-match': etag } })).status, 304)
  const [listed] = ((await ask(gateway, '/v1/videos?limit=1')).json as { data: Video[] }).data
  assert.deepEqual(listed?.reelay?.spritesheet, spritesheet)
})

test('the clients download it as they download the video', async () => {
  const { id } = await completed()
  const { bytes } = await ask(gateway, sheetPath(id))
  const openai = new OpenAI({ apiKey: gateway.key, baseURL: `${gateway.url}/v1` })
  const answer = await openai.videos.downloadContent(id, { variant: 'spritesheet' })
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes)
  const client = createClient({ baseURL: gateway.url, apiKey: gateway.key })
  const file = await client.videos.download(id, { variant: 'spritesheet' })
  assert.equal(file.contentType, 'image/jpeg')
  assert.deepEqual(Buffer.from(await new Response(file.stream).arrayBuffer()), bytes)
})

test('it goes with the video', async () => {
  const { id } = await completed()
  const names = await keptOf(id)
  assert.ok(
    names.some((name) => name.endsWith('.spritesheet.0.jpg')),
    names.join(),
  )
  await ask(gateway, `/v1/videos/${id}`, { method: 'DELETE' })
  assert.equal((await ask(gateway, sheetPath(id))).status, 404)
  assert.deepEqual(await keptOf(id), [])
  assert.deepEqual(await gateway.reelay.store.artifacts(id), [])
})

test('a video without one says so, and names no layout', async () => {
  const { id } = await completed()
  await gateway.reelay.store.removeArtifacts(id, ['spritesheet'])
  const answer = await ask(gateway, sheetPath(id))
  const { error } = answer.json as { error: { code: string } }
  assert.deepEqual([answer.status, error.code], [404, 'variant_not_available'])
  assert.equal('spritesheet' in ((await retrieve(gateway, id)).reelay ?? {}), false)
})
