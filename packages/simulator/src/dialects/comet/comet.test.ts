import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import {
  ask,
  createForm,
  createJson,
  createTask,
  fieldsOf,
  poll,
  type Reply,
} from '../../../test/test-client.ts'
import { videoSubject } from '../../../test/video-subject.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

dialectContract(videoSubject('comet'))

async function started(context: TestContext, options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options)
  context.after(() => simulator.close())
  return simulator
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
