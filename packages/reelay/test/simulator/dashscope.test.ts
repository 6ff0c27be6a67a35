import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDashscope } from '../../src/providers/dashscope/index.ts'
import { plainRequest, startRequest } from '../contract/provider-subject.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const SUBJECT: SimulatedSubject = {
  dialect: 'dashscope',
  model: 'wan2.6-t2v',
  open: createDashscope,
  bytes: 'link',
}

simulatedProviderContract(SUBJECT)

const signal = new AbortController().signal

test('simulated dashscope: only what is pending is cancelled', async (context) => {
  const open = await opened(context, SUBJECT)
  const { provider } = open
  const pending = await started(open, SUBJECT, '[up:steps=queued]')
  assert.equal(await provider.cancel?.(pending, signal), 'cancelled')
  const cancelled = await provider.probe(pending, signal)
  assert.ok(cancelled.kind === 'failed')
  assert.equal(cancelled.code, 'provider_cancelled')
  const running = await started(open, SUBJECT, '[up:steps=running]')
  await provider.probe(running, signal)
  assert.equal(await provider.cancel?.(running, signal), 'refused')
  assert.equal((await provider.probe(running, signal)).kind, 'running')
  assert.equal((await provider.check?.(signal))?.ok, true)
})

test('simulated dashscope: a forgotten job is gone, and a suspended one goes on', async (context) => {
  const open = await opened(context, SUBJECT)
  const suspended = await started(open, SUBJECT, '[up:status=SUSPENDED]')
  assert.equal((await open.provider.probe(suspended, signal)).kind, 'running')
  open.simulator.forget(suspended.providerTaskId)
  assert.equal((await open.provider.probe(suspended, signal)).kind, 'gone')
})

test('simulated dashscope: sizes and tiers are as each model wants them', async (context) => {
  const { provider, simulator } = await opened(context, SUBJECT)
  for (const [model, asked] of [
    ['wan2.6-t2v', { size: '1280x720', seconds: '5', seed: 7 }],
    ['wan2.7-t2v', { resolution: '720p', aspectRatio: '9:16', seconds: '10' }],
  ] as const) {
    const request = { ...plainRequest(model), ...asked }
    const outcome = await provider.start(startRequest(model, { request }))
    assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome))
  }
  assert.deepEqual(
    simulator.ledger.map(({ fields }) => fields['parameters']),
    [
      { size: '1280*720', duration: 5, seed: 7 },
      { resolution: '720P', ratio: '9:16', duration: 10 },
    ],
  )
})
