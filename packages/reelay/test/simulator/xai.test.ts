import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createXai } from '../../src/providers/xai/index.ts'
import { plainRequest, startRequest } from '../contract/provider-subject.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const subject: SimulatedSubject = {
  dialect: 'xai',
  model: 'grok-imagine-video',
  open: createXai,
  bytes: 'link',
}

simulatedProviderContract(subject)

const { signal } = new AbortController()

test('simulated xai: empty bodies are no end, and a video without a status is one', async (context) => {
  const open = await opened(context, subject)
  const operation = await started(open, subject, '[up:bare=2][up:steps=running:40,done][up:no-status]')
  const seen = []
  for (let looks = 0; looks < 4; looks += 1) seen.push(await open.provider.probe(operation, signal))
  assert.deepEqual(seen.slice(0, 3), [
    { kind: 'running' },
    { kind: 'running' },
    { kind: 'running', progress: 40 },
  ])
  assert.equal(seen[3]?.kind, 'done')
})

test('simulated xai: each bad end is known', async (context) => {
  const open = await opened(context, subject)
  const ends = [
    ['[up:steps=failed][up:failed=x][up:failed-code=respect_moderation]', 'moderation_blocked'],
    [
      '[up:steps=failed][up:failed=The image could not be read.][up:failed-code=invalid_argument]',
      'invalid_input',
    ],
    ['[up:steps=failed][up:failed=The GPU is gone.]', 'provider_failed'],
    ['[up:steps=error]', 'provider_expired'],
    ['[up:steps=done][up:no-url]', 'provider_failed'],
  ] as const
  for (const [prompt, code] of ends) {
    const verdict = await open.provider.probe(await started(open, subject, prompt), signal)
    assert.deepEqual([verdict.kind, verdict.kind === 'failed' && verdict.code], ['failed', code], prompt)
  }
})

test('simulated xai: what was meant is in the words of an error', async (context) => {
  const open = await opened(context, subject)
  const creates = [
    ['[up:create=429]', 'not_sent', null],
    ['[up:create=429][up:failed-code=insufficient_quota]', 'rejected', 'account'],
    ['[up:create=403]', 'rejected', 'moderation_blocked'],
  ] as const
  for (const [prompt, kind, code] of creates) {
    const request = startRequest(subject.model, { request: { ...plainRequest(subject.model), prompt } })
    const outcome = await open.provider.start(request)
    assert.deepEqual([outcome.kind, outcome.kind === 'rejected' ? outcome.code : null], [kind, code], prompt)
  }
  assert.equal((await open.provider.check?.(signal))?.ok, true)
  const stolen = await opened(context, {
    ...subject,
    open: (parts) => createXai({ ...parts, apiKey: 'stolen' }),
  })
  assert.equal((await stolen.provider.check?.(signal))?.ok, false)
  // A wrong key comes with 400, and rests the account all the same.
  const refused = await stolen.provider.start(startRequest(subject.model))
  assert.equal(refused.kind === 'rejected' && refused.code, 'account')
})
