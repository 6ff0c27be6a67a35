import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createReelay, type Reelay } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import type { Inspector } from '../../src/engine/context.ts'
import { MP4 } from '../../src/http/test-deps.ts'
import { silentLog } from '../../src/system/log.ts'
import { json, startFaultServer, type FaultServer, type Reply } from '../contract/fault-server.ts'

const ID = '867283741759111202'
const PATH = '/v1/videos/image2video'
const LOOKS_MAX = 3

const inspector: Inspector = {
  probe: async () => ({ mime: 'video/mp4', width: 320, height: 180, durationMs: 5_000, codec: 'avc' }),
  poster: async () => undefined,
}

/** An account in which somebody made a job by hand. */
async function openAccount(context: TestContext, job: () => Reply): Promise<FaultServer> {
  const upstream = await startFaultServer((request, response) => {
    const isJob = request.path === `${PATH}/${ID}`
    const video: Reply = { status: 200, headers: { 'content-type': 'video/mp4' }, body: MP4 }
    const none = json(400, { code: 1201, message: 'task not found', request_id: 'r' })
    const { status, headers, body } = isJob ? job() : request.path === '/made.mp4' ? video : none
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
  context.after(() => upstream.close())
  return upstream
}

async function openGateway(context: TestContext, baseUrl: string): Promise<Reelay> {
  const directory = await mkdtemp(join(tmpdir(), 'reelay-adopt-'))
  const config = loadConfig({
    REELAY_DATA_DIR: directory,
    REELAY_PROVIDERS: 'kling',
    KLING_API_KEY: 'key_1',
    KLING_BASE_URL: baseUrl,
  })
  const timing = { firstPollMs: 10, intervalMs: 10, intervalMaxMs: 20, missingGraceMs: 60_000 }
  const reelay = await createReelay(config, {
    log: silentLog,
    inspector,
    wrapProvider: (_account, provider) => ({
      ...provider,
      traits: { ...provider.traits, timing: { ...provider.traits.timing, ...timing } },
    }),
  })
  await reelay.start()
  context.after(async () => {
    await reelay.stop()
    await rm(directory, { recursive: true, force: true })
  })
  return reelay
}

type Answer = { status: number; body: Record<string, unknown> }

async function call(reelay: Reelay, path: string, body?: object): Promise<Answer> {
  const headers = new Headers({ authorization: `Bearer ${reelay.adminKey}`, prefer: 'wait=10' })
  if (body !== undefined) headers.set('content-type', 'application/json')
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const response = await reelay.fetch(new Request(`http://127.0.0.1${path}`, { ...init, headers }))
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function ended(reelay: Reelay, id: unknown): Promise<Record<string, unknown>> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const { body } = await call(reelay, `/v1/videos/${String(id)}`)
    if (['completed', 'failed', 'error'].includes(String(body['status']))) return body
  }
  throw new Error('the video never ended')
}

const job = (fields: object): Reply =>
  json(200, { code: 0, message: 'ok', request_id: 'r', data: { task_id: ID, ...fields } })

test('a job that is under way elsewhere is followed to its end and archived, and never billed', async (context) => {
  let looks = 0
  const upstream: FaultServer = await openAccount(context, () => {
    looks += 1
    if (looks < 3) return job({ task_status: 'processing' })
    return job({
      task_status: 'succeed',
      task_result: { videos: [{ url: `${upstream.baseUrl}/made.mp4` }] },
      updated_at: Date.now(),
    })
  })
  const reelay = await openGateway(context, upstream.baseUrl)
  const adopted = await call(reelay, '/v1/videos/adopt', {
    provider: 'kling',
    id: ID,
    endpoint: 'image2video',
    model: 'kling-v2-6',
    metadata: { order: 7 },
  })
  assert.equal(adopted.status, 200, JSON.stringify(adopted.body))
  assert.equal(adopted.body['status'], 'in_progress')
  const video = await ended(reelay, adopted.body['id'])
  assert.equal(video['status'], 'completed', JSON.stringify(video))
  assert.deepEqual([video['model'], video['prompt'], video['seconds']], ['kling-v2-6', null, '5'])
  assert.deepEqual(video['metadata'], { order: 7 })
  const details = video['reelay'] as Record<string, unknown>
  assert.deepEqual([details['provider'], details['provider_task_id']], ['kling', ID])
  assert.equal(upstream.posts(), 0)
  const events = await call(reelay, `/v1/videos/${String(video['id'])}/events`)
  const [first] = events.body['data'] as Record<string, unknown>[]
  assert.equal(first?.['type'], 'task.adopted')
  // Of a job that began before it was known here nothing is learned of how long jobs take.
  assert.deepEqual(await reelay.store.durations('kling|kling-v2-6||'), [])
  const again = await call(reelay, '/v1/videos/adopt', { provider: 'kling', id: ID, endpoint: 'image2video' })
  assert.equal(again.status, 409)
  assert.match(JSON.stringify(again.body), new RegExp(String(video['id'])))
})

test('a job that failed there becomes a video that failed here, in the words of its provider', async (context) => {
  const upstream = await openAccount(context, () =>
    job({ task_status: 'failed', task_status_msg: 'The picture cannot be read.' }),
  )
  const reelay = await openGateway(context, upstream.baseUrl)
  const body = { provider: 'kling', id: ID, endpoint: 'image2video' }
  const adopted = await call(reelay, '/v1/videos/adopt', body)
  const video = await ended(reelay, adopted.body['id'])
  assert.deepEqual([video['status'], video['model']], ['failed', 'kling/unknown'])
  assert.match(JSON.stringify(video['error']), /provider_failed.*cannot be read/)
  // It ended without a video: whoever repairs something there may look again.
  assert.equal((await call(reelay, '/v1/videos/adopt', body)).status, 200)
})

test('what cannot be found, or not be asked for, becomes no video', async (context) => {
  const upstream = await openAccount(context, () => json(503, { message: 'busy' }))
  const reelay = await openGateway(context, upstream.baseUrl)
  const adopt = async (body: object) => {
    const { status, body: answer } = await call(reelay, '/v1/videos/adopt', { provider: 'kling', ...body })
    const { code, message } = answer['error'] as { code: string; message: string }
    return [status, code, message] as const
  }
  const none = await adopt({ id: '1', endpoint: 'image2video' })
  assert.deepEqual(none.slice(0, 2), [404, 'job_not_found'])
  const unclear = await adopt({ id: ID })
  assert.deepEqual(unclear.slice(0, 2), [400, 'invalid_value'])
  assert.match(unclear[2], /text2video, image2video, multi-image2video/)
  const away = await adopt({ id: ID, endpoint: 'image2video' })
  assert.deepEqual(away.slice(0, 2), [502, 'provider_unavailable'])
  assert.match(away[2], /try again/)
  const { body } = await call(reelay, '/v1/videos')
  assert.deepEqual(body['data'], [])
  assert.equal(upstream.posts(), 0)
})
