import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVidu } from '../../src/providers/vidu/index.ts'
import { inputFile, plainRequest, startRequest } from '../contract/provider-subject.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type Opened,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const subject: SimulatedSubject = {
  dialect: 'vidu',
  model: 'viduq3-pro',
  open: createVidu,
  bytes: 'link',
  failure: /InternalServiceFailure/,
}

simulatedProviderContract(subject)

const { signal } = new AbortController()

test('simulated vidu: a failure has a code, and no message', async (context) => {
  const open = await opened(context, subject)
  const ends = [
    ['CreationPolicyViolation', 'moderation_blocked'],
    ['AuditSubmitIllegal', 'moderation_blocked'],
    ['ImageDownloadFailure', 'provider_failed'],
  ] as const
  for (const [reason, code] of ends) {
    const operation = await started(open, subject, `[up:steps=failed][up:failed-code=${reason}]`)
    assert.deepEqual(await open.provider.probe(operation, signal), { kind: 'failed', code, detail: reason })
  }
})

test('simulated vidu: a 429 is about speed or jobs at a time, and money is a 400', async (context) => {
  const { provider } = await opened(context, subject)
  const meanings = []
  for (const [fault, reason] of [
    ['429', 'SystemThrottling'],
    ['429', 'QuotaExceeded'],
    ['400', 'OperationInProcess'],
    ['400', 'CreditInsufficient'],
    ['400', 'TaskPromptPolicyViolation'],
  ]) {
    const prompt = `[up:create=${fault}][up:failed-code=${reason}]`
    const request = { ...plainRequest(subject.model), prompt }
    const outcome = await provider.start(startRequest(subject.model, { request }))
    meanings.push(outcome.kind === 'rejected' ? outcome.code : outcome.kind)
  }
  assert.deepEqual(meanings, ['not_sent', 'not_sent', 'not_sent', 'account', 'moderation_blocked'])
})

test('simulated vidu: a cancel of what waits ends it, and one of what runs is refused', async (context) => {
  const open = await opened(context, subject)
  const waiting = await started(open, subject, '[up:steps=queued]')
  assert.equal(await open.provider.cancel?.(waiting, signal), 'cancelled')
  const verdict = await open.provider.probe(waiting, signal)
  assert.equal(verdict.kind === 'failed' && verdict.code, 'provider_cancelled')
  const running = await started(open, subject, '[up:steps=running]')
  await open.provider.probe(running, signal)
  assert.equal(await open.provider.cancel?.(running, signal), 'refused')
  assert.equal((await open.provider.check?.(signal))?.ok, true)
})

test('simulated vidu: each kind of pictures has its route, and takes what is sent', async (context) => {
  const { provider, simulator } = await opened(context, subject)
  const first = inputFile('first_frame', 'a')
  const references = [inputFile('reference', 'a'), inputFile('reference', 'b')]
  for (const [model, inputs] of [
    ['viduq3-turbo', [first]],
    ['viduq1', [first, inputFile('last_frame', 'b')]],
    ['viduq2', references],
  ] as const) {
    const outcome = await provider.start(startRequest(model, { inputs }))
    assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome))
  }
  assert.deepEqual(
    simulator.ledger.map(({ path }) => path.slice('/ent/v2/'.length)),
    ['img2video', 'start-end2video', 'reference2video'],
  )
})

async function reading(
  { provider, simulator, clock }: Opened,
  faults: string,
): Promise<{ verdict: string | undefined; id: string; told: unknown }> {
  const callbackUrl = 'http://127.0.0.1:1/hooks/vidu/token?try=1'
  const request = { ...plainRequest(subject.model), prompt: '[up:callback=lost]' }
  const outcome = await provider.start(startRequest(subject.model, { request, callbackUrl }))
  assert.ok(outcome.kind === 'accepted')
  const id = outcome.operation.providerTaskId
  const order = { phase: 'running', ...(faults === '' ? {} : { faults }) } as const
  const { headers, body, url, at } = await simulator.callback(id, order)
  clock.advance(at - clock.nowMs())
  const told = await provider.readCallback?.({ headers, body: Buffer.from(body), urls: [url] })
  return { verdict: told?.verdict, id, told: told?.operation }
}

test('simulated vidu: a callback is trusted for its headers, whatever its body says', async (context) => {
  const open = await opened(context, subject)
  const { verdict, id, told } = await reading(open, '')
  assert.equal(verdict, 'trusted')
  assert.deepEqual(told, { providerTaskId: id, payload: 'token_1' })
  const verdicts = []
  for (const faults of ['forged', 'tampered', 'old']) verdicts.push((await reading(open, faults)).verdict)
  assert.deepEqual(verdicts, ['forged', 'trusted', 'forged'])
})
