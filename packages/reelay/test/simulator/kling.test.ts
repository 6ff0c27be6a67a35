import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKling } from '../../src/providers/kling/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome } from '../../src/task/verdict.ts'
import { plainRequest, startRequest } from '../contract/provider-subject.ts'
import { presentClock } from './present-clock.ts'
import { opened, simulatedProviderContract, type SimulatedSubject } from './simulated-provider-contract.ts'

const BY_KEY: SimulatedSubject = {
  dialect: 'kling',
  model: 'kling-v2-6',
  open: createKling,
  bytes: 'link',
  // A code of its own is its own word, whatever the status.
  starts: { '200error': 'rejected', '500invalid': 'rejected' },
}

const BY_TOKEN: SimulatedSubject = {
  ...BY_KEY,
  name: 'kling by token',
  apiKey: 'access-1:secret-1',
  open: ({ baseUrl, apiKey, guarded, clock }) => {
    const [accessKey, secretKey] = apiKey.split(':')
    return createKling({ baseUrl, accessKey, secretKey, guarded, clock: presentClock(clock) })
  },
}

simulatedProviderContract(BY_KEY)
simulatedProviderContract(BY_TOKEN)

const signal = new AbortController().signal

for (const subject of [BY_KEY, BY_TOKEN]) {
  const name = subject.name ?? subject.dialect
  test(`simulated ${name}: a job whose answer was lost is found by its token`, async (context) => {
    const { provider, simulator } = await opened(context, subject)
    simulator.fault({ point: 'create', fault: 'reset-after-accept' })
    const start = startRequest(subject.model, { clientToken: 'token_7' })
    await assert.rejects(provider.start(start), SubmitUnknown)
    const [entry] = simulator.ledger
    const expected = { providerTaskId: entry?.id, endpoint: '/v1/videos/text2video' }
    assert.deepEqual(await provider.find?.('token_7', signal), expected)
    assert.equal(await provider.find?.('token_8', signal), 'unsure')
    assert.deepEqual((await provider.check?.(signal))?.ok, true)
  })
}

test('simulated kling: a wrong secret is one, and no job is made', async (context) => {
  const { simulator, provider } = await opened(context, {
    ...BY_TOKEN,
    open: ({ baseUrl, guarded, clock }) =>
      createKling({
        baseUrl,
        accessKey: 'access-1',
        secretKey: 'other',
        guarded,
        clock: presentClock(clock),
      }),
  })
  assert.equal((await provider.check?.(signal))?.ok, false)
  const outcome = await provider.start(startRequest(BY_TOKEN.model))
  assert.ok(outcome.kind === 'rejected', JSON.stringify(outcome))
  assert.equal(outcome.code, 'account')
  assert.equal(simulator.ledger[0]?.accepted, false)
})

const CODES: readonly [code: number, status: number, expected: string][] = [
  [1102, 429, 'account'],
  [1103, 403, 'account'],
  [1201, 400, 'invalid_input'],
  [1300, 400, 'rejected_by_provider'],
  [1301, 400, 'moderation_blocked'],
  [1302, 429, 'not_sent'],
  [1303, 429, 'not_sent'],
  [1304, 429, 'account'],
  [5000, 500, 'unknown'],
]

test('simulated kling: the code decides, and not the status', async (context) => {
  const { provider } = await opened(context, BY_KEY)
  for (const [code, status, expected] of CODES) {
    const prompt = `[up:create=${status}][up:failed-code=${code}]`
    const request = { ...plainRequest(BY_KEY.model), prompt }
    const outcome = await provider
      .start(startRequest(BY_KEY.model, { request }))
      .catch((error: unknown) => error)
    const kind = outcome instanceof SubmitUnknown ? 'unknown' : (outcome as StartOutcome).kind
    const said = kind === 'rejected' ? (outcome as StartOutcome & { kind: 'rejected' }).code : kind
    assert.equal(said, expected, String(code))
  }
})
