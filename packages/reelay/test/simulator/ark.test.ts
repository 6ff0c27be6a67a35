import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createArk } from '../../src/providers/ark/index.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const SUBJECT: SimulatedSubject = {
  dialect: 'ark',
  model: 'doubao-seedance-1-0-pro-250528',
  open: createArk,
  bytes: 'link',
}

simulatedProviderContract(SUBJECT)

const signal = new AbortController().signal

test('simulated ark: only what waits is cancelled, and no record is erased', async (context) => {
  const open = await opened(context, SUBJECT)
  const { provider, simulator } = open
  const waiting = await started(open, SUBJECT, '[up:steps=queued]')
  assert.equal(await provider.cancel?.(waiting, signal), 'cancelled')
  const cancelled = await provider.probe(waiting, signal)
  assert.ok(cancelled.kind === 'failed')
  assert.equal(cancelled.code, 'provider_cancelled')
  for (const steps of ['running', 'done', 'failed']) {
    const operation = await started(open, SUBJECT, `[up:steps=${steps}]`)
    const before = await provider.probe(operation, signal)
    assert.equal(await provider.cancel?.(operation, signal), 'refused')
    assert.equal((await provider.probe(operation, signal)).kind, before.kind)
  }
  assert.equal(simulator.requests.filter(({ method }) => method === 'DELETE').length, 1)
  assert.equal((await provider.check?.(signal))?.ok, true)
})

test('simulated ark: a job that expired has failed', async (context) => {
  const open = await opened(context, SUBJECT)
  const operation = await started(open, SUBJECT, '[up:status=expired]')
  const verdict = await open.provider.probe(operation, signal)
  assert.ok(verdict.kind === 'failed')
  assert.equal(verdict.code, 'provider_expired')
})
