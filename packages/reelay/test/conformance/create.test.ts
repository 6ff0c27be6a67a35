import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { APIError, toFile } from 'openai'
import { JPEG, PNG } from '../../src/http/test-deps.ts'
import { call, errorOf, openai, openai6, postJson, videoOf, type Answer, type Tries } from './client.ts'
import { startGateway, type Gateway } from './start-gateway.ts'
import { atOnce } from '../support/at-once.ts'

let gateway: Gateway
before(async () => {
  gateway = await startGateway()
})
after(() => gateway.stop())

const BASIC = { model: 'wan2.6', prompt: 'a cat' }
const KEYS =
  'completed_at,created_at,error,expires_at,id,model,object,progress,prompt,remixed_from_video_id,seconds,size,status'

function form(entries: readonly (readonly [string, string | Blob])[]): FormData {
  const data = new FormData()
  for (const [name, value] of entries) {
    if (typeof value === 'string') data.append(name, value)
    else data.append(name, value, 'frame.bin')
  }
  return data
}

const postForm = (data: FormData): Promise<Answer> => call(gateway, 'POST', '/v1/videos', { body: data })

function assertQueued(answer: Answer): void {
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  for (const name of KEYS.split(',')) assert.ok(name in answer.body, name)
  const video = videoOf(answer)
  assert.equal(video.task_id, video.id)
  assert.deepEqual([video.status, video.progress], ['queued', 0])
}

const inputsOf = (id: unknown) => atOnce(gateway.reelay.store.loadTask(String(id)))?.request.inputs ?? []

test('C1 multipart with model and prompt', async () => {
  assertQueued(await postForm(form(Object.entries(BASIC))))
})

test('C2 the same as JSON', async () => {
  assertQueued(await postJson(gateway, BASIC))
})

test('C3 the same urlencoded', async () => {
  assertQueued(await call(gateway, 'POST', '/v1/videos', { body: new URLSearchParams(BASIC) }))
})

test('C4 openai 7: videos.create', async () => {
  const video = await openai(gateway).videos.create({ ...BASIC, seconds: '5' as '4', size: '1280x720' })
  assert.deepEqual([video.object, video.seconds, video.size], ['video', '5', '1280x720'])
})

test('C5 openai 6: seconds as a number', async () => {
  const video = await openai6(gateway).videos.create({ ...BASIC, seconds: 5 as unknown as '4' })
  assert.equal(video.seconds, '5')
})

const FRAMES = { model: 'doubao-seedance-2-0', prompt: 'a cat' }

test('C6 openai 7: a PNG file', async () => {
  const file = await toFile(PNG, 'frame.png', { type: 'image/png' })
  const video = await openai(gateway).videos.create({ ...FRAMES, input_reference: file })
  assert.deepEqual(
    inputsOf(video.id).map(({ mime }) => mime),
    ['image/png'],
  )
})

test('C7 an image URL as brackets and as JSON decode the same', async () => {
  const image_url = `data:image/png;base64,${Buffer.from(PNG).toString('base64')}`
  const seven = await openai(gateway).videos.create({ ...FRAMES, input_reference: { image_url } })
  const six = await openai6(gateway).videos.create({
    ...FRAMES,
    input_reference: { image_url } as unknown as File,
  })
  const decoded = (id: string): unknown => {
    const request = atOnce(gateway.reelay.store.loadTask(id))?.request
    return { ...request, inputs: request?.inputs.map((input) => ({ ...input, storageKey: '' })) }
  }
  assert.deepEqual(decoded(seven.id), decoded(six.id))
  assert.equal(inputsOf(six.id).length, 1)
})

test('C8 the file comes first', async () => {
  const answer = await postForm(
    form([
      ['input_reference', new Blob([PNG])],
      ['prompt', 'x'],
      ['model', FRAMES.model],
    ]),
  )
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
})

test('C9 two files keep their order', async () => {
  const answer = await postForm(
    form([
      ['model', 'veo3.1'],
      ['prompt', 'x'],
      ['input_reference', new Blob([JPEG])],
      ['input_reference', new Blob([PNG])],
    ]),
  )
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.deepEqual(
    inputsOf(answer.body['id']).map(({ mime }) => mime),
    ['image/jpeg', 'image/png'],
  )
})

test('C10 no Authorization', async () => {
  const answer = await call(gateway, 'POST', '/v1/videos', { key: null, body: new URLSearchParams(BASIC) })
  assert.deepEqual([answer.status, errorOf(answer).code], [401, 'invalid_api_key'])
  assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/)
})

async function refused(fields: object, status: number, code: string, param: string | null): Promise<void> {
  const listed = await call(gateway, 'GET', '/v1/videos?limit=1')
  const answer = await postJson(gateway, fields)
  assert.deepEqual([answer.status, errorOf(answer).code, errorOf(answer).param], [status, code, param])
  const since = await call(gateway, 'GET', '/v1/videos?limit=1')
  assert.deepEqual(since.body['first_id'], listed.body['first_id'])
}

test('C11 no prompt, a blank prompt', async () => {
  await refused({ model: 'wan2.6' }, 400, 'missing_required_parameter', 'prompt')
  await refused({ model: 'wan2.6', prompt: ' ' }, 400, 'missing_required_parameter', 'prompt')
})

test('C12 no model', () => refused({ prompt: 'x' }, 400, 'missing_required_parameter', 'model'))

test('C13 an unknown model', () => refused({ ...BASIC, model: 'nope' }, 400, 'model_not_found', 'model'))

test('C14 seconds out of range', () => refused({ ...BASIC, seconds: 7 }, 400, 'invalid_value', 'seconds'))

test('C15 an unsupported size', () => refused({ ...BASIC, size: '333x333' }, 400, 'invalid_value', 'size'))

async function raw(body: string, type: string): Promise<[number, string | null]> {
  const answer = await call(gateway, 'POST', '/v1/videos', { body, headers: { 'content-type': type } })
  return [answer.status, errorOf(answer).code]
}

test('C16 broken JSON', async () => {
  assert.deepEqual(await raw('{', 'application/json'), [400, 'invalid_json'])
})

test('C17 text/plain', async () => {
  assert.deepEqual(await raw('hello', 'text/plain'), [415, 'unsupported_media_type'])
})

test('C18 garbage multipart', async () => {
  assert.deepEqual(await raw('garbage', 'multipart/form-data; boundary=x'), [400, 'invalid_multipart'])
})

test('C19 openai 7: an upload over the limit is refused once', async () => {
  const tries: Tries = []
  const file = await toFile(new Uint8Array([...PNG, ...new Uint8Array(300_000)]), 'big.png', {
    type: 'image/png',
  })
  await assert.rejects(
    openai(gateway, tries).videos.create({ ...FRAMES, input_reference: file }),
    (error) => {
      assert.ok(error instanceof APIError)
      assert.deepEqual([error.status, error.code], [413, 'payload_too_large'])
      return true
    },
  )
  assert.equal(tries.length, 1)
})

test('C20 curl with Expect: 100-continue uploads nothing', async (t) => {
  const target = `${gateway.url}/v1/videos`
  const format = '%{http_code} %{size_upload}'
  const headers = ['-H', 'Expect: 100-continue', '-H', 'Content-Length: 900000000']
  // Of itself it sends its bytes after a second without an answer.
  const patience = ['--expect100-timeout', '60']
  const curl = spawn('curl', [
    '-s',
    '-o',
    '/dev/null',
    '-w',
    format,
    ...headers,
    ...patience,
    '-X',
    'POST',
    '--data-binary',
    'x',
    target,
  ])
  let output = ''
  curl.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  const missing = once(curl, 'error').then(() => 'missing')
  if ((await Promise.race([missing, once(curl, 'close')])) === 'missing')
    return t.skip('there is no curl here')
  assert.equal(output, '413 0')
})

test('C21 a callback_url that is none', () =>
  refused({ ...BASIC, callback_url: 'nope' }, 400, 'invalid_value', 'callback_url'))
