import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import { ask, createForm, createJson, createTask, fieldsOf, poll } from '../../../test/test-client.ts'
import { videoSubject } from '../../../test/video-subject.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

dialectContract(videoSubject('vllm'))

async function started(context: TestContext, options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options)
  context.after(() => simulator.close())
  return simulator
}

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
