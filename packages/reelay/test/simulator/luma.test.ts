import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLuma } from '../../src/providers/luma/index.ts'
import { plainRequest, startRequest } from '../contract/provider-subject.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const subject: SimulatedSubject = { dialect: 'luma', model: 'ray-2', open: createLuma, bytes: 'link' }

simulatedProviderContract(subject)

const { signal } = new AbortController()

test('simulated luma: a failure is known by its text', async (context) => {
  const open = await opened(context, subject)
  const ends = [
    ['Advanced prompt moderation failed', 'moderation_blocked'],
    ['Failed to read user input frames', 'invalid_input'],
    ['Prompt processing failed', 'provider_failed'],
  ] as const
  for (const [reason, code] of ends) {
    const operation = await started(open, subject, `[up:steps=failed][up:failed=${reason}]`)
    const verdict = await open.provider.probe(operation, signal)
    assert.deepEqual(verdict, { kind: 'failed', code, detail: reason })
  }
})

test('simulated luma: a cancel removes the generation, and no credits rest the account', async (context) => {
  const open = await opened(context, subject)
  const running = await started(open, subject, '[up:steps=running]')
  assert.equal(await open.provider.cancel?.(running, signal), 'cancelled')
  assert.deepEqual(await open.provider.probe(running, signal), { kind: 'gone' })
  assert.equal(await open.provider.cancel?.(running, signal), 'refused')
  const prompt = '[up:create=400][up:failed-code=insufficient_quota]'
  const request = startRequest(subject.model, { request: { ...plainRequest(subject.model), prompt } })
  const outcome = await open.provider.start(request)
  assert.deepEqual(outcome, { kind: 'rejected', code: 'account', detail: 'Insufficient credits' })
  assert.equal((await open.provider.check?.(signal))?.ok, true)
})

test('simulated luma: its callback names the job', async (context) => {
  const { provider, simulator } = await opened(context, subject)
  const callbackUrl = 'http://127.0.0.1:1/hooks/luma/token'
  const request = { ...plainRequest(subject.model), prompt: '[up:callback=lost]' }
  const outcome = await provider.start(startRequest(subject.model, { request, callbackUrl }))
  assert.ok(outcome.kind === 'accepted')
  const { providerTaskId } = outcome.operation
  const { headers, body, url } = await simulator.callback(providerTaskId, { phase: 'done', faults: '' })
  assert.equal(url, callbackUrl)
  const reading = await provider.readCallback?.({ headers, body: Buffer.from(body), urls: [url] })
  assert.deepEqual(reading, { verdict: 'unsigned', operation: { providerTaskId }, hint: 'ended' })
})
