import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startUpstream, type Upstream, type UpstreamOptions } from './upstream.ts'
import { ask, createForm, createJson, createTask, fieldsOf, poll, type Reply } from './test-client.ts'

async function started(context: TestContext, options: UpstreamOptions): Promise<Upstream> {
  const upstream = await startUpstream(options)
  context.after(() => upstream.close())
  return upstream
}

function statusOf(reply: Reply): unknown {
  return fieldsOf(reply.body)['status']
}

test('comet: create, poll, link without a key, content', async (context) => {
  const { url, requests } = await started(context, { dialect: 'comet' })
  const fields = { model: 'wan2.6', prompt: 'a boat', seconds: '5', size: '1280x720' }
  for (const reply of [await createForm(url, fields), await createJson(url, fields)]) {
    assert.equal(reply.status, 200)
    const created = fieldsOf(reply.body)
    assert.match(String(created['id']), /^task_/u)
    assert.equal(created['task_id'], created['id'])
    assert.equal(created['status'], 'queued')
    assert.equal(created['progress'], 0)
    assert.ok(Number(created['created_at']) < 1e11, 'seconds, not milliseconds')
    const id = String(created['id'])

    const early = await ask(`${url}/v1/videos/${id}/content`)
    assert.equal(early.status, 400)
    assert.equal(fieldsOf(fieldsOf(early.body)['error'])['type'], 'invalid_request_error')
    assert.equal(statusOf(await poll(url, id)), 'queued')
    const running = fieldsOf((await poll(url, id)).body)
    assert.deepEqual([running['status'], running['progress']], ['in_progress', 50])
    assert.equal('video_url' in running || 'completed_at' in running || 'error' in running, false)

    const done = fieldsOf((await poll(url, id)).body)
    assert.deepEqual([done['status'], done['progress'], done['seconds']], ['completed', 100, '5'])
    assert.equal(typeof done['completed_at'], 'number')
    const link = await fetch(String(done['video_url']))
    assert.equal(link.status, 200)
    const bytes = Buffer.from(await link.arrayBuffer())
    assert.equal(bytes.subarray(4, 8).toString(), 'ftyp')
    assert.equal(requests.at(-1)!.headers.authorization, undefined)
    const unsigned = await fetch(String(done['video_url']).split('?')[0]!)
    assert.equal(unsigned.status, 403)

    const tail = await fetch(`${url}/v1/videos/${id}/content`, {
      headers: { authorization: 'Bearer k', range: `bytes=${bytes.length - 5}-` },
    })
    assert.equal(tail.status, 206)
    assert.equal(
      tail.headers.get('content-range'),
      `bytes ${bytes.length - 5}-${bytes.length - 1}/${bytes.length}`,
    )
    assert.deepEqual(Buffer.from(await tail.arrayBuffer()), bytes.subarray(-5))
  }
})

test('comet: keys, unknown ids, missing fields and unrouted paths', async (context) => {
  const { url, ledger } = await started(context, { dialect: 'comet', keys: ['right'] })
  const wrong = await createJson(url, { model: 'wan2.6', prompt: 'x' })
  assert.equal(wrong.status, 401)
  assert.equal(fieldsOf(fieldsOf(wrong.body)['error'])['type'], 'comet_api_error')
  const right = { authorization: 'Bearer right' }
  const unknown = await ask(`${url}/v1/videos/task_nope`, { headers: right })
  assert.equal(unknown.status, 400)
  assert.equal(fieldsOf(unknown.body)['message'], 'task_not_exist')
  const headers = { ...right, 'content-type': 'application/json' }
  const noPrompt = await ask(`${url}/v1/videos`, { method: 'POST', headers, body: '{"model":"wan2.6"}' })
  assert.equal(noPrompt.status, 400)
  const broken = await ask(`${url}/v1/videos`, { method: 'POST', headers, body: '{' })
  assert.equal(broken.status, 400)
  for (const [method, path] of [
    ['GET', '/v1/videos'],
    ['DELETE', '/v1/videos/task_1'],
    ['GET', '/v2/nothing'],
  ] as const) {
    const reply = await ask(url + path, { method, headers: right })
    assert.equal(reply.status, 301)
    assert.match(reply.headers.get('content-type') ?? '', /^text\/html/u)
  }
  assert.deepEqual(
    ledger.map(({ accepted, id }) => [accepted, id]),
    [
      [false, null],
      [false, null],
      [false, null],
    ],
  )
})

test('comet: both vocabularies, failures, a remix, the model lists', async (context) => {
  const { url } = await started(context, { dialect: 'comet' })
  const upper = await createTask(url, '[up:upper]')
  const words = [await poll(url, upper), await poll(url, upper), await poll(url, upper)].map(statusOf)
  assert.deepEqual(words, ['SUBMITTED', 'IN_PROGRESS', 'SUCCESS'])
  const failed = await createTask(
    url,
    '[up:steps=queued][up:failed=blocked by moderation][up:failed-code=moderation]',
  )
  await poll(url, failed)
  const failure = fieldsOf((await poll(url, failed)).body)
  assert.equal(failure['status'], 'failed')
  assert.deepEqual(failure['error'], { code: 'moderation', message: 'blocked by moderation' })
  const error = await createTask(url, '[up:steps=error]')
  assert.equal(statusOf(await poll(url, error)), 'error')

  const remix = (id: string): Promise<Reply> =>
    ask(`${url}/v1/videos/${id}/remix`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"prompt":"again"}',
    })
  assert.equal(fieldsOf((await remix(upper)).body)['model'], 'wan2.6')
  assert.equal((await remix(failed)).status, 400)
  assert.equal((await remix('task_nope')).status, 400)

  const models = fieldsOf((await ask(`${url}/v1/models`)).body)['data']
  const catalog = fieldsOf(await (await fetch(`${url}/api/models`)).json())['data']
  assert.ok(Array.isArray(models) && Array.isArray(catalog) && models.length === catalog.length)
})

test('openai: thirteen keys, list, delete', async (context) => {
  const { url } = await started(context, { dialect: 'openai' })
  const reply = await createForm(url, { prompt: 'a fox', seconds: '8', size: '1280x720' })
  const created = fieldsOf(reply.body)
  assert.deepEqual(Object.keys(created).toSorted(), [
    'completed_at',
    'created_at',
    'error',
    'expires_at',
    'id',
    'model',
    'object',
    'progress',
    'prompt',
    'remixed_from_video_id',
    'seconds',
    'size',
    'status',
  ])
  assert.deepEqual([created['model'], created['seconds'], created['size']], ['sora-2', '8', '1280x720'])
  const id = String(created['id'])
  assert.equal((await ask(`${url}/v1/videos/${id}`, { method: 'DELETE' })).status, 400)
  assert.equal((await ask(`${url}/v1/videos/${id}/content`)).status, 404)
  for (const expected of ['queued', 'in_progress', 'completed'])
    assert.equal(statusOf(await poll(url, id)), expected)
  assert.equal((await ask(`${url}/v1/videos/${id}/content`)).headers.get('content-type'), 'video/mp4')

  await createJson(url, { prompt: 'second' })
  const first = fieldsOf((await ask(`${url}/v1/videos?limit=1`)).body)
  assert.equal(first['has_more'], true)
  const second = fieldsOf((await ask(`${url}/v1/videos?limit=1&after=${String(first['last_id'])}`)).body)
  assert.deepEqual([second['first_id'], second['has_more']], [id, false])
  assert.equal((await ask(`${url}/v1/videos?after=video_nope`)).status, 400)

  const removal = await ask(`${url}/v1/videos/${id}`, { method: 'DELETE' })
  assert.deepEqual(removal.body, { id, object: 'video.deleted', deleted: true })
  assert.equal((await poll(url, id)).status, 404)
  assert.equal((await createJson(url, { model: 'sora-2' })).status, 400)
})

test('vllm: multipart only, a failed job is a non-2xx with the job, delete cancels', async (context) => {
  const { url, ledger } = await started(context, { dialect: 'vllm' })
  assert.equal((await createJson(url, { prompt: 'as json' })).status, 400)
  assert.equal((await createForm(url, { prompt: 'x', seconds: '5s' })).status, 400)
  assert.equal((await createForm(url, { prompt: 'x', size: '16:9' })).status, 400)
  const id = await createTask(
    url,
    '[up:steps=running:10,failed][up:failed=out of memory][up:failed-code=503]',
    'w',
  )
  assert.match(id, /^video_gen_[0-9a-f]{32}$/u)
  assert.equal((await poll(url, id)).status, 200)
  const failed = await poll(url, id)
  assert.equal(failed.status, 503)
  const job = fieldsOf(failed.body)
  assert.deepEqual([job['id'], job['object'], job['status']], [id, 'video', 'failed'])
  assert.deepEqual(job['error'], { code: 503, message: 'out of memory' })
  assert.equal((await ask(`${url}/v1/videos/${id}/content`)).status, 422)

  const running = await createTask(url, 'long [up:steps=running*]', 'w')
  assert.equal((await ask(`${url}/v1/videos/${running}/content`)).status, 404)
  const removal = await ask(`${url}/v1/videos/${running}`, { method: 'DELETE' })
  assert.equal(fieldsOf(removal.body)['object'], 'video.deleted')
  assert.equal((await poll(url, running)).status, 404)
  const listed = fieldsOf((await ask(`${url}/v1/videos`)).body)
  assert.deepEqual([listed['first_id'], listed['last_id'], listed['has_more']], [id, id, false])
  assert.deepEqual(
    ledger.map(({ accepted }) => accepted),
    [false, false, false, true, true],
  )
})

test('sglang: multipart wants a file, text alone goes as JSON, details for errors', async (context) => {
  const { url, ledger } = await started(context, { dialect: 'sglang' })
  const refused = await createForm(url, { prompt: 'a text' })
  assert.deepEqual([refused.status, refused.body], [400, { detail: 'input_reference file is required' }])
  const file = new File([new Uint8Array([1, 2, 3])], 'first.png', { type: 'image/png' })
  const withFile = await createForm(url, { prompt: 'from a picture' }, file)
  assert.equal(withFile.status, 200)
  const entry = ledger.at(-1)!
  const sha256 = '039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81'
  assert.deepEqual(entry.files, [
    { field: 'input_reference', filename: 'first.png', mime: 'image/png', bytes: 3, sha256 },
  ])
  assert.equal((await createJson(url, { prompt: 'x', seconds: 4.5 })).status, 400)
  const created = await createJson(url, {
    prompt: '[up:steps=running,failed][up:failed=no memory]',
    seconds: 6,
  })
  const job = fieldsOf(created.body)
  assert.deepEqual([job['seconds'], job['status'], job['quality']], ['6', 'queued', 'standard'])
  const id = String(job['id'])
  assert.equal(fieldsOf((await poll(url, id)).body)['progress'], 0)
  const early = await ask(`${url}/v1/videos/${id}/content`)
  assert.deepEqual([early.status, early.body], [404, { detail: 'Generation is still in-progress' }])
  assert.deepEqual(fieldsOf((await poll(url, id)).body)['error'], { message: 'no memory' })
  const listed = fieldsOf((await ask(`${url}/v1/videos`)).body)
  assert.deepEqual(Object.keys(listed).toSorted(), ['data', 'object'])
  assert.equal(statusOf(await ask(`${url}/v1/videos/${id}`, { method: 'DELETE' })), 'deleted')
  const gone = await poll(url, id)
  assert.deepEqual([gone.status, gone.body], [404, { detail: 'Video not found' }])
})
