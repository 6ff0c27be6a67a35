import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createOpenrouter } from '../../src/providers/openrouter/index.ts'
import { inputFile, plainRequest, startRequest } from '../contract/provider-subject.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const subject: SimulatedSubject = {
  dialect: 'openrouter',
  model: 'google/veo-3.1',
  open: createOpenrouter,
  bytes: 'content',
}

simulatedProviderContract(subject)

const { signal } = new AbortController()

test('simulated openrouter: the rare ends', async (context) => {
  const open = await opened(context, subject)
  const ends = [
    ['steps=failed][up:failed=The output was blocked by the content policy', 'moderation_blocked'],
    ['steps=error', 'provider_failed'],
    ['status=cancelled', 'provider_cancelled'],
    ['status=expired', 'provider_expired'],
  ] as const
  for (const [markers, code] of ends) {
    const verdict = await open.provider.probe(await started(open, subject, `[up:${markers}]`), signal)
    assert.equal(verdict.kind === 'failed' && verdict.code, code, markers)
  }
})

test('simulated openrouter: a status and what is beside it tell what a refusal means', async (context) => {
  const { provider, simulator } = await opened(context, subject)
  const meanings = []
  for (const markers of [
    'create=402][up:failed-code=insufficient_quota',
    'create=403][up:failed-code=violence',
    'create=403',
    'create=404',
    'create=429',
  ]) {
    const request = { ...plainRequest(subject.model), prompt: `[up:${markers}]` }
    const outcome = await provider.start(startRequest(subject.model, { request }))
    meanings.push(outcome.kind === 'rejected' ? outcome.code : outcome.kind)
  }
  assert.deepEqual(meanings, ['account', 'moderation_blocked', 'account', 'rejected_by_provider', 'not_sent'])
  assert.ok(simulator.ledger.every(({ accepted }) => !accepted))
  assert.equal((await provider.check?.(signal))?.ok, true)
})

test('simulated openrouter: frames and tiers are taken as they are sent', async (context) => {
  const { provider } = await opened(context, subject)
  const inputs = [inputFile('first_frame', 'a'), inputFile('last_frame', 'b')]
  const request = { ...plainRequest(subject.model), resolution: '4k', seconds: '8', aspectRatio: '9:16' }
  const outcome = await provider.start(startRequest(subject.model, { inputs, request }))
  assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome))
})
