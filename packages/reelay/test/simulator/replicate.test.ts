import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReplicate } from '../../src/providers/replicate/index.ts'
import { plainRequest, startRequest } from '../contract/provider-subject.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type Opened,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const subject: SimulatedSubject = {
  dialect: 'replicate',
  model: 'google/veo-3.1',
  open: createReplicate,
  bytes: 'link',
}

simulatedProviderContract(subject)

simulatedProviderContract({
  ...subject,
  name: 'replicate by version',
  model: `lucataco/animate:${'ab'.repeat(32)}`,
})

const { signal } = new AbortController()

test('simulated replicate: the rare ends', async (context) => {
  const open = await opened(context, subject)
  const ends = [
    [
      '[up:steps=failed][up:failed=The input was flagged as sensitive.][up:failed-code=E005]',
      'moderation_blocked',
    ],
    ['[up:steps=error]', 'provider_expired'],
    ['[up:steps=cancelled]', 'provider_cancelled'],
    ['[up:steps=done][up:no-url]', 'provider_failed'],
  ] as const
  for (const [prompt, code] of ends) {
    const verdict = await open.provider.probe(await started(open, subject, prompt), signal)
    assert.deepEqual([verdict.kind, verdict.kind === 'failed' && verdict.code], ['failed', code], prompt)
  }
})

test('simulated replicate: a cancel shows at once, and can come too late', async (context) => {
  const open = await opened(context, subject)
  const running = await started(open, subject, '[up:steps=running]')
  assert.equal(await open.provider.cancel?.(running, signal), 'cancelled')
  const verdict = await open.provider.probe(running, signal)
  assert.equal(verdict.kind === 'failed' && verdict.code, 'provider_cancelled')
  const done = await started(open, subject, '[up:steps=done]')
  assert.equal((await open.provider.probe(done, signal)).kind, 'done')
  assert.equal(await open.provider.cancel?.(done, signal), 'refused')
  assert.equal((await open.provider.check?.(signal))?.ok, true)
})

test('simulated replicate: a long picture is uploaded first', async (context) => {
  const { provider, simulator } = await opened(context, subject)
  const file = {
    role: 'first_frame',
    mime: 'image/png',
    bytes: 1_000_001,
    filename: 'first.png',
    read: async () => new Uint8Array(1_000_001),
    publicUrl: () => 'https://gateway.example/never-used',
  } as const
  const outcome = await provider.start(startRequest(subject.model, { inputs: [file] }))
  assert.equal(outcome.kind, 'accepted')
  const input = simulator.ledger[0]?.fields['input']
  assert.match(JSON.stringify(input), new RegExp(`"image":"${simulator.url}/v1/files/[0-9a-f]{40}"`))
})

async function reading(
  { provider, simulator, clock }: Opened,
  faults: string,
): Promise<{ verdict: string | undefined; id: string; told: unknown }> {
  const callbackUrl = 'http://127.0.0.1:1/hooks/replicate/token'
  const request = { ...plainRequest(subject.model), prompt: '[up:callback=lost]' }
  const outcome = await provider.start(startRequest(subject.model, { request, callbackUrl }))
  assert.ok(outcome.kind === 'accepted')
  const id = outcome.operation.providerTaskId
  const order = { phase: 'queued', ...(faults === '' ? {} : { faults }) } as const
  const { headers, body, url, at } = await simulator.callback(id, order)
  clock.advance(at - clock.nowMs())
  const told = await provider.readCallback?.({ headers, body: Buffer.from(body), urls: [url] })
  return { verdict: told?.verdict, id, told: told?.operation }
}

test('simulated replicate: a callback is trusted for its signature alone', async (context) => {
  const secrets: string[] = []
  const open = await opened(context, {
    ...subject,
    open: (parts) => createReplicate({ ...parts, webhookSecrets: secrets }),
  })
  secrets.push(open.simulator.secrets.hmac)
  const { verdict, id, told } = await reading(open, '')
  assert.equal(verdict, 'trusted')
  assert.deepEqual(told, { providerTaskId: id })
  const verdicts = []
  for (const faults of ['rotated', 'forged', 'tampered', 'old'])
    verdicts.push((await reading(open, faults)).verdict)
  assert.deepEqual(verdicts, ['trusted', 'forged', 'forged', 'forged'])
})
