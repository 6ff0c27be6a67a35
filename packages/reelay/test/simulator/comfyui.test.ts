import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { clipBytes } from '@reelay/simulator'
import { createComfyui } from '../../src/providers/comfyui/index.ts'
import { promptIdOf } from '../../src/providers/comfyui/request.ts'
import { inputFile, plainRequest, startRequest } from '../contract/provider-subject.ts'
import { COMFYUI_WORKFLOWS } from './comfyui-workflows.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const subject: SimulatedSubject = {
  dialect: 'comfyui',
  model: 'wan',
  open: (parts) => createComfyui({ ...parts, workflows: COMFYUI_WORKFLOWS }),
  bytes: 'content',
  // Its code for bad input refuses for good, whatever the status.
  starts: { '200error': 'rejected', '500invalid': 'rejected' },
}

simulatedProviderContract(subject)

const signal = new AbortController().signal

const it = (title: string, body: (context: TestContext) => Promise<void>): void => {
  test(`simulated comfyui: ${title}`, { timeout: 30_000 }, body)
}

it('a lost create is found in the queue and in the history', async (context) => {
  const { simulator, provider } = await opened(context, subject)
  const request = { ...plainRequest('wan'), prompt: '[up:create=reset-after-accept]' }
  const operation = { providerTaskId: promptIdOf('token_1') }
  await assert.rejects(provider.start(startRequest('wan', { request })))
  assert.deepEqual(await provider.find?.('token_1', signal), operation)
  for (let polls = 0; polls < 3; polls += 1)
    await fetch(`${simulator.url}/history/${operation.providerTaskId}`)
  assert.deepEqual(await provider.find?.('token_1', signal), operation)
  assert.equal((await provider.probe(operation, signal)).kind, 'done')
  assert.equal(await provider.find?.('token_2', signal), 'unsure')
})

it('a cancel takes a job out of the queue, and stops one that runs', async (context) => {
  const open = await opened(context, subject)
  const { provider } = open
  const waiting = await started(open, subject, '[up:steps=queued]')
  assert.equal(await provider.cancel?.(waiting, signal), 'cancelled')
  assert.equal((await provider.probe(waiting, signal)).kind, 'gone')
  assert.equal(await provider.cancel?.(waiting, signal), 'refused')
  const running = await started(open, subject, '[up:steps=running]')
  assert.equal((await provider.probe(running, signal)).kind, 'running')
  assert.equal(await provider.cancel?.(running, signal), 'cancelled')
  await provider.probe(running, signal)
  const verdict = await provider.probe(running, signal)
  assert.ok(verdict.kind === 'failed' && verdict.code === 'provider_cancelled', JSON.stringify(verdict))
})

it('a video among the GIFs is found, and one of a picture that was uploaded', async (context) => {
  for (const model of ['gifs', 'image']) {
    const { provider } = await opened(context, subject)
    const inputs = model === 'image' ? [inputFile('first_frame', 'a boat')] : []
    const request = { ...plainRequest(model), prompt: '[up:steps=done]' }
    const outcome = await provider.start(startRequest(model, { request, inputs }))
    assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome))
    const verdict = await provider.probe(outcome.operation, signal)
    assert.ok(verdict.kind === 'done', JSON.stringify(verdict))
    const { body } = await provider.open(verdict.outputs[0]!, outcome.operation, signal)
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    assert.ok(clipBytes('mp4').equals(Buffer.concat(chunks)))
  }
})

it('what a node does not take is refused with the name of the node', async (context) => {
  const { simulator, provider } = await opened(context, subject)
  const request = { ...plainRequest('wan'), providerOptions: { steps: 0, sampler: 'magic' } }
  const outcome = await provider.start(startRequest('wan', { request }))
  assert.ok(outcome.kind === 'rejected' && outcome.code === 'invalid_input', JSON.stringify(outcome))
  assert.match(outcome.detail, /node 3 \(KSampler\): Value not in list: sampler_name: 'magic' not in/)
  assert.match(outcome.detail, /node 3 \(KSampler\): Value 0 smaller than min of 1: steps/)
  assert.equal(simulator.ledger[0]!.accepted, false)
})

it('the check finds a server', async (context) => {
  const { provider } = await opened(context, subject)
  assert.equal((await provider.check?.(signal))?.ok, true)
})
