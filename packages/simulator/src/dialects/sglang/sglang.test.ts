import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import { ask, createForm, createJson, fieldsOf, poll, type Reply } from '../../../test/test-client.ts'
import { videoSubject } from '../../../test/video-subject.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

dialectContract(videoSubject('sglang'))

async function started(context: TestContext, options: SimulatorOptions): Promise<Simulator> {
  const simulator = await startSimulator(options)
  context.after(() => simulator.close())
  return simulator
}

function statusOf(reply: Reply): unknown {
  return fieldsOf(reply.body)['status']
}

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
