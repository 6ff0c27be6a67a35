import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRunway } from '../../src/providers/runway/index.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const subject: SimulatedSubject = {
  dialect: 'runway',
  model: 'gen4.5',
  open: createRunway,
  bytes: 'link',
  // Load that it sheds: documented.
  starts: { 503: 'not_sent' },
}

simulatedProviderContract(subject)

const { signal } = new AbortController()

test('simulated runway: throttled jobs wait, running ones tell progress, ends are known', async (context) => {
  const open = await opened(context, subject)
  const busy = await started(open, subject, '[up:status=THROTTLED,RUNNING:0.42,SUCCEEDED]')
  assert.deepEqual(await open.provider.probe(busy, signal), { kind: 'waiting' })
  assert.deepEqual(await open.provider.probe(busy, signal), { kind: 'running', progress: 42 })
  const ends = [
    ['[up:failed=rejected][up:failed-code=SAFETY.INPUT.TEXT]', 'moderation_blocked'],
    ['[up:failed=poor]', 'provider_failed'],
    ['[up:error=broken]', 'provider_failed'],
    ['[up:status=CANCELLED]', 'provider_cancelled'],
    ['[up:no-url]', 'provider_failed'],
  ] as const
  for (const [markers, code] of ends) {
    const steps = markers.includes('status') ? '' : '[up:steps=done]'
    const verdict = await open.provider.probe(await started(open, subject, steps + markers), signal)
    assert.deepEqual([verdict.kind, verdict.kind === 'failed' && verdict.code], ['failed', code], markers)
  }
})

test('simulated runway: a cancel stops what runs, and never erases what has ended', async (context) => {
  const open = await opened(context, subject)
  const running = await started(open, subject, '[up:steps=running]')
  assert.equal(await open.provider.cancel?.(running, signal), 'cancelled')
  const done = await started(open, subject, '[up:steps=done]')
  assert.equal(await open.provider.cancel?.(done, signal), 'refused')
  assert.equal((await open.provider.probe(done, signal)).kind, 'done')
})

test('simulated runway: the account vouches for the key', async (context) => {
  const { provider } = await opened(context, subject)
  assert.equal((await provider.check?.(signal))?.ok, true)
  const stolen = await opened(context, {
    ...subject,
    open: (parts) => createRunway({ ...parts, apiKey: 'stolen' }),
  })
  assert.equal((await stolen.provider.check?.(signal))?.ok, false)
})
