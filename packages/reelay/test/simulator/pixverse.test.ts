import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startSimulator, type Simulator } from '@reelay/simulator'
import { createPixverse } from '../../src/providers/pixverse/index.ts'
import { SubmitUnknown, type Provider } from '../../src/providers/provider.ts'
import { allowNothing } from '../../src/net/allow-hosts.ts'
import { createGuard } from '../../src/net/guard.ts'
import { createGuardedClient } from '../../src/net/guarded-fetch.ts'
import { systemIds } from '../../src/system/ids.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { inputFile, plainRequest, startRequest } from '../contract/provider-subject.ts'
import { opened, simulatedProviderContract, type SimulatedSubject } from './simulated-provider-contract.ts'

const subject: SimulatedSubject = {
  dialect: 'pixverse',
  model: 'pixverse-v5.5',
  open: createPixverse,
  bytes: 'link',
  failure: /the generation failed/,
  // Its own codes refuse for good whatever the HTTP status is.
  starts: { '200error': 'rejected', '500invalid': 'rejected' },
}

simulatedProviderContract(subject)

const { signal } = new AbortController()

test('simulated pixverse: a submission that is sent again makes no second job', async (context) => {
  const { provider, simulator } = await opened(context, subject)
  simulator.fault({ point: 'create', fault: 'reset-after-accept' })
  const again = startRequest(subject.model, { clientToken: 'token_7' })
  await assert.rejects(provider.start(again), SubmitUnknown)
  const outcome = await provider.start(again)
  assert.ok(outcome.kind === 'accepted')
  assert.deepEqual(
    simulator.ledger.map(({ id, repeated }) => [id, repeated]),
    [
      [outcome.operation.providerTaskId, false],
      [outcome.operation.providerTaskId, true],
    ],
  )
  await provider.start(startRequest(subject.model, { clientToken: 'token_8' }))
  assert.equal(new Set(simulator.ledger.map(({ id }) => id)).size, 2)
})

test('simulated pixverse: the numbers that are ends, and the one that is none', async (context) => {
  const { provider } = await opened(context, subject)
  const seen = []
  for (const markers of ['steps=failed][up:failed-code=moderation', 'steps=error', 'status=6', 'status=3']) {
    const request = { ...plainRequest(subject.model), prompt: `[up:${markers}]` }
    const outcome = await provider.start(startRequest(subject.model, { request, clientToken: markers }))
    assert.ok(outcome.kind === 'accepted')
    const verdict = await provider.probe(outcome.operation, signal)
    seen.push(verdict.kind === 'failed' ? verdict.code : verdict.kind)
  }
  assert.deepEqual(seen, ['moderation_blocked', 'provider_failed', 'gone', 'unrecognised'])
})

test('simulated pixverse: an error with status 200 means what its code says', async (context) => {
  const { provider, simulator } = await opened(context, subject)
  const meanings = []
  for (const code of ['500044', '500069', '500090', '500063', '400017']) {
    const prompt = `[up:create=200error][up:failed-code=${code}]`
    const request = { ...plainRequest(subject.model), prompt }
    const outcome = await provider.start(startRequest(subject.model, { request }))
    meanings.push(outcome.kind === 'rejected' ? outcome.code : outcome.kind)
  }
  assert.deepEqual(meanings, ['not_sent', 'not_sent', 'account', 'moderation_blocked', 'invalid_input'])
  assert.ok(simulator.ledger.every(({ accepted }) => !accepted))
  assert.equal((await provider.check?.(signal))?.ok, true)
})

test('simulated pixverse: pictures are uploaded first, and named by number', async (context) => {
  const { provider, simulator } = await opened(context, subject)
  const first = inputFile('first_frame', 'a')
  for (const inputs of [[first], [first, inputFile('last_frame', 'b')]]) {
    const outcome = await provider.start(startRequest(subject.model, { inputs }))
    assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome))
  }
  assert.equal(simulator.requests.filter(({ point }) => point === 'other').length, 3)
  const [one, two] = simulator.ledger
  assert.equal(typeof one?.fields['img_id'], 'number')
  assert.match(String(two?.path), /transition/)
})

const HOOK = 'http://127.0.0.1:1/hooks/pixverse'

/** An account whose console has a webhook. */
async function called(
  context: TestContext,
): Promise<{ simulator: Simulator; provider: Provider; clock: TestClock }> {
  const simulator = await startSimulator({
    dialect: 'pixverse',
    callbackUrl: HOOK,
    fetch: async () => new Response('ok'),
  })
  const clock = new TestClock()
  const guarded = createGuardedClient({ guard: createGuard({ allow: allowNothing }), clock })
  const webhook = { webhookId: '7', webhookSecret: simulator.secrets.hmac }
  const parts = { baseUrl: simulator.url, apiKey: 'key-1', guarded, clock, ids: systemIds }
  const provider = createPixverse({ ...parts, ...webhook })
  context.after(async () => {
    await provider.stop?.()
    await simulator.close()
  })
  return { simulator, provider, clock }
}

test('simulated pixverse: a webhook is trusted for its signature alone', async (context) => {
  const { simulator, provider, clock } = await called(context)
  const request = { ...plainRequest(subject.model), prompt: '[up:callback=lost]' }
  const outcome = await provider.start(startRequest(subject.model, { request }))
  assert.ok(outcome.kind === 'accepted')
  const id = outcome.operation.providerTaskId
  const verdicts = []
  for (const faults of ['', 'forged', 'tampered', 'old']) {
    const order = { phase: 'done', ...(faults === '' ? {} : { faults }) } as const
    const { headers, body, url, at } = await simulator.callback(id, order)
    clock.advance(at - clock.nowMs())
    const reading = await provider.readCallback?.({ headers, body: Buffer.from(body), urls: [url] })
    assert.deepEqual(reading?.operation, { providerTaskId: id })
    verdicts.push(reading?.verdict)
  }
  assert.deepEqual(verdicts, ['trusted', 'forged', 'forged', 'forged'])
})
