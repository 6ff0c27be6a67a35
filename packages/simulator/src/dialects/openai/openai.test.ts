import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { dialectContract } from '../../../test/dialect-contract.ts'
import { ask, createForm, createJson, fieldsOf, poll, type Reply } from '../../../test/test-client.ts'
import { videoSubject } from '../../../test/video-subject.ts'
import type { CallbackRecord } from '../../callback-record.ts'
import type { Secrets } from '../../secrets.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

/** As Standard Webhooks say it is verified. */
function isSigned({ headers, body }: CallbackRecord, { hmac }: Secrets): boolean {
  try {
    new Webhook(hmac).verify(body, headers)
    return true
  } catch {
    return false
  }
}

dialectContract({ ...videoSubject('openai'), verify: isSigned })

async function started(context: TestContext, options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options)
  context.after(() => simulator.close())
  return simulator
}

function statusOf(reply: Reply): unknown {
  return fieldsOf(reply.body)['status']
}

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
