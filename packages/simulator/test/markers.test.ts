import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BufferSource, Input, MP4, QTFF, WEBM } from 'mediabunny'
import { clipBytes, type ClipKind } from '../src/clips.ts'
import { parseScript } from '../src/script.ts'
import { ask, createForm, createTask, failureCode, fieldsOf, poll } from './test-client.ts'
import { startSimulator, type Simulator } from '../src/simulator.ts'
import { TestClock } from './test-clock.ts'

let simulator: Simulator
before(async () => {
  simulator = await startSimulator({ dripMs: 1 })
})
after(() => simulator.close())

async function polls(id: string, count: number): Promise<Record<string, unknown>[]> {
  const bodies = []
  for (let index = 0; index < count; index += 1) bodies.push(fieldsOf((await poll(simulator.url, id)).body))
  return bodies
}

test('steps follow the polls, one each, and the last one stays', async () => {
  const id = await createTask(simulator.url, 'x [up:steps=queued,running:30,running:60*2,done]')
  const seen = (await polls(id, 6)).map((body) => [body['status'], body['progress']])
  assert.deepEqual(seen, [
    ['queued', 0],
    ['in_progress', 30],
    ['in_progress', 60],
    ['in_progress', 60],
    ['completed', 100],
    ['completed', 100],
  ])
})

test('raw words are printed as they are and mean what they usually mean', async () => {
  const id = await createTask(simulator.url, '[up:status=NOT_START,GENERATING:12,SUCCEEDED]')
  const bodies = await polls(id, 3)
  assert.deepEqual(
    bodies.map((body) => body['status']),
    ['NOT_START', 'GENERATING', 'SUCCEEDED'],
  )
  assert.match(String(bodies[2]!['video_url']), /^http:\/\/127\.0\.0\.1:/u)
})

test('an unknown word comes between the first step and the rest', async () => {
  const id = await createTask(simulator.url, '[up:unknown=warming*2]')
  const words = (await polls(id, 4)).map((body) => body['status'])
  assert.deepEqual(words, ['queued', 'warming', 'warming', 'in_progress'])
})

test('progress is printed as text, as a number, or left out', async () => {
  const id = await createTask(simulator.url, '[up:progress=45%,30,-]')
  const bodies = await polls(id, 4)
  assert.deepEqual(
    bodies.map((body) => body['progress']),
    ['45%', 30, undefined, 100],
  )
  assert.equal('progress' in bodies[2]!, false)
})

test('missing polls first, then bare ones, then the steps', async () => {
  const id = await createTask(simulator.url, '[up:missing=2][up:bare=1][up:steps=done][up:no-url]')
  assert.equal((await poll(simulator.url, id)).status, 400)
  assert.equal(fieldsOf((await poll(simulator.url, id)).body)['code'], 'task_not_exist')
  assert.deepEqual((await poll(simulator.url, id)).body, { request_id: id })
  const [done] = await polls(id, 1)
  assert.equal(done!['status'], 'completed')
  assert.equal('video_url' in done!, false)
})

test('the wrapper carries the link in fail_reason, and progress as text', async () => {
  const id = await createTask(simulator.url, '[up:wrapper][up:steps=running:40,done]')
  const [running, done] = (await polls(id, 2)).map((body) => fieldsOf(body['data']))
  assert.deepEqual(
    [running!['status'], running!['progress'], running!['fail_reason']],
    ['IN_PROGRESS', '40%', ''],
  )
  assert.deepEqual([done!['status'], done!['progress']], ['SUCCESS', '100%'])
  assert.equal((await fetch(String(done!['fail_reason']))).status, 200)
})

test('what is echoed can differ from what was asked', async () => {
  const prompt =
    '[up:created_ms][up:model=backend-7][up:seconds=][up:url=http://127.0.0.2:1/x.mp4][up:steps=done]'
  const id = await createTask(simulator.url, prompt)
  const [done] = await polls(id, 1)
  assert.ok(Number(done!['created_at']) > 1e12)
  assert.deepEqual([done!['model'], done!['seconds']], ['backend-7', ''])
  assert.equal(done!['video_url'], 'http://127.0.0.2:1/x.mp4')
})

test('with a step time the clock moves the task, polls do not', async (context) => {
  const clock = new TestClock()
  const timed = await startSimulator({ clock })
  context.after(() => timed.close())
  const id = await createTask(timed.url, '[up:missing=1][up:steps=queued,running,done][up:ms=200]')
  const word = async (): Promise<unknown> => fieldsOf((await poll(timed.url, id)).body)['status']
  assert.equal((await poll(timed.url, id)).status, 400)
  assert.deepEqual([await word(), await word()], ['queued', 'queued'])
  clock.advance(250)
  assert.equal(await word(), 'in_progress')
  clock.advance(5_000)
  assert.equal((await ask(`${timed.url}/v1/videos/${id}/content`)).status, 200)
  assert.equal(await word(), 'completed')
})

test('a marker or a step nobody knows is refused aloud', async () => {
  const reply = await createForm(simulator.url, { model: 'm', prompt: '[up:stpes=done]' })
  assert.equal(reply.status, 400)
  assert.match(JSON.stringify(reply.body), /Unknown marker \[up:stpes\]/u)
  assert.throws(() => parseScript('[up:steps=flying]'), /Unknown step "flying"/u)
  assert.throws(() => parseScript('[up:poll=503*x]'), /whole number/u)
  assert.throws(() => parseScript('[up:create=explode]'), /Unknown fault "explode"/u)
  assert.throws(() => parseScript('[up:missing=two]'), /whole number/u)
  assert.throws(() => parseScript('[up:clip=avi]'), /mp4, mov, webm/u)
  await assert.rejects(startSimulator({ scenario: '[up:nope]' }), /Unknown marker/u)
})

test('a scenario is the default of every prompt', async (context) => {
  const other = await startSimulator({ scenario: '[up:steps=done][up:upper]' })
  context.after(() => other.close())
  const plain = await poll(other.url, await createTask(other.url, 'x'))
  assert.equal(fieldsOf(plain.body)['status'], 'SUCCESS')
  const own = await poll(other.url, await createTask(other.url, '[up:steps=running]'))
  assert.equal(fieldsOf(own.body)['status'], 'IN_PROGRESS')
})

async function content(fault: string): Promise<Response> {
  const id = await createTask(simulator.url, `[up:steps=done][up:content=${fault}]`)
  await poll(simulator.url, id)
  return fetch(`${simulator.url}/v1/videos/${id}/content`, { headers: { authorization: 'Bearer k' } })
}

async function bytesOf(fault: string): Promise<ArrayBuffer> {
  return (await content(fault)).arrayBuffer()
}

test('the content faults', async () => {
  assert.equal((await content('json')).headers.get('content-type'), 'application/json')
  assert.match(await (await content('html')).text(), /^<!doctype html>/u)
  const lying = await content('mp4-json')
  assert.equal(lying.headers.get('content-type'), 'video/mp4')
  assert.match(await lying.text(), /^\{/u)
  assert.equal((await bytesOf('empty')).byteLength, 0)
  assert.deepEqual(Buffer.from(await bytesOf('slow')), clipBytes('mp4'))
  assert.equal((await bytesOf('short-length')).byteLength, Math.floor(clipBytes('mp4').length / 2))
  for (const fault of ['truncated', 'chunk-cut']) {
    assert.notEqual(await failureCode(bytesOf(fault)), 'none', fault)
  }
})

test('a content fault strikes the link too, and heals after its count', async () => {
  const id = await createTask(simulator.url, '[up:steps=done][up:content=404*2]')
  const [done] = await polls(id, 1)
  const statuses = []
  for (let index = 0; index < 3; index += 1) statuses.push((await fetch(String(done!['video_url']))).status)
  assert.deepEqual(statuses, [404, 404, 200])
})

test('the clips are real videos of their kinds', async () => {
  const formats = { mp4: MP4, mov: QTFF, webm: WEBM } as const
  const types = { mp4: 'video/mp4', mov: 'video/quicktime', webm: 'video/webm' } as const
  for (const kind of ['mp4', 'mov', 'webm'] as const satisfies readonly ClipKind[]) {
    const bytes = clipBytes(kind)
    assert.ok(bytes.length <= 60_000)
    using input = new Input({ source: new BufferSource(bytes), formats: [formats[kind]] })
    const track = await input.getPrimaryVideoTrack()
    assert.deepEqual([track?.displayWidth, track?.displayHeight], [320, 180], kind)
    assert.equal(track?.codec, kind === 'webm' ? 'vp9' : 'avc')
    assert.ok(Math.abs((await input.computeDuration()) - 2) < 0.1)
    const id = await createTask(simulator.url, `[up:steps=done][up:clip=${kind}]`)
    await poll(simulator.url, id)
    const served = await ask(`${simulator.url}/v1/videos/${id}/content`)
    assert.equal(served.headers.get('content-type'), types[kind])
  }
})

test('a poll that knows the task and one that does not take turns', async () => {
  const id = await createTask(simulator.url, '[up:flapping=2]')
  const statuses = []
  for (let index = 0; index < 5; index += 1) statuses.push((await poll(simulator.url, id)).status)
  assert.deepEqual(statuses, [200, 400, 200, 400, 200])
})

async function retryAfter(value: string): Promise<string | null> {
  const fields = { model: 'm', prompt: `[up:create=429][up:retry-after=${value}]` }
  return (await createForm(simulator.url, fields)).headers.get('retry-after')
}

test('Retry-After is written as it is, or as a date', async () => {
  assert.equal(await retryAfter('7'), '7')
  assert.equal(await retryAfter('86400000'), '86400000')
  const date = Date.parse((await retryAfter('date:60'))!)
  assert.ok(Math.abs(date - Date.now() - 60_000) < 5_000)
})

test('durations are read with their unit, and nothing else is', () => {
  for (const [text, ms] of [
    ['500', 500],
    ['500ms', 500],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ] as const) {
    assert.equal(parseScript(`[up:render=${text}]`).renderMs, ms)
  }
  assert.throws(() => parseScript('[up:link-ttl=soon]'), /wants a duration/u)
  assert.throws(() => parseScript('[up:link-origin=mars]'), /own or other/u)
})

test('a link leads to the port that the prompt names', async () => {
  for (const [origin, url] of [
    ['own', simulator.url],
    ['other', simulator.filesUrl],
  ] as const) {
    const id = await createTask(simulator.url, `[up:steps=done][up:link-origin=${origin}]`)
    const link = String(fieldsOf((await poll(simulator.url, id)).body)['video_url'])
    assert.ok(link.startsWith(`${url}/files/`), link)
    assert.ok(clipBytes('mp4').equals(Buffer.from(await (await fetch(link)).arrayBuffer())))
  }
  assert.equal((await fetch(`${simulator.filesUrl}/v1/models`)).status, 404)
})
