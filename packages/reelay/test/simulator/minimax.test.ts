import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMinimax } from '../../src/providers/minimax/index.ts'
import { inputFile, plainRequest, startRequest } from '../contract/provider-subject.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const V1: SimulatedSubject = {
  name: 'minimax v1',
  dialect: 'minimax',
  model: 'MiniMax-Hailuo-2.3',
  open: createMinimax,
  bytes: 'link',
  looks: 'open',
  // Its own codes refuse for good whatever the HTTP status is.
  starts: { '200error': 'rejected', '500invalid': 'rejected' },
}

const { looks: _, ...inOneStep } = V1
const V2: SimulatedSubject = { ...inOneStep, name: 'minimax v2', model: 'MiniMax-H3' }

simulatedProviderContract(V1)
simulatedProviderContract(V2)

const { signal } = new AbortController()

/** What a refusal means, by its code and the status that the second generation gives it. */
const REFUSALS = [
  ['1002', 429, 'not_sent'],
  ['1004', 401, 'account'],
  ['1008', 402, 'account'],
  ['1026', 422, 'moderation_blocked'],
  ['2013', 400, 'invalid_input'],
] as const

for (const subject of [V1, V2]) {
  test(`simulated ${subject.name}: a code means the same inside 200 and with a status`, async (context) => {
    const open = await opened(context, subject)
    for (const [code, status, expected] of REFUSALS) {
      const fault = subject === V1 ? '200error' : String(status)
      const prompt = `[up:create=${fault}][up:failed-code=${code}][up:failed=no]`
      const request = { ...plainRequest(subject.model), prompt }
      const outcome = await open.provider.start(startRequest(subject.model, { request }))
      const meaning = outcome.kind === 'rejected' ? outcome.code : outcome.kind
      assert.equal(meaning, expected, code)
    }
    assert.ok(open.simulator.ledger.every(({ accepted }) => !accepted))
  })

  test(`simulated ${subject.name}: the rare ends`, async (context) => {
    const open = await opened(context, subject)
    const ends = [
      ['[up:steps=failed][up:failed=no][up:failed-code=1027]', 'moderation_blocked'],
      ['[up:steps=error]', 'provider_failed'],
      ['[up:steps=done][up:no-url]', 'provider_failed'],
    ] as const
    for (const [prompt, code] of ends) {
      const verdict = await open.provider.probe(await started(open, subject, prompt), signal)
      assert.deepEqual([verdict.kind, verdict.kind === 'failed' && verdict.code], ['failed', code], prompt)
    }
  })

  test(`simulated ${subject.name}: a callback after its challenge names the job`, async (context) => {
    const { provider, simulator } = await opened(context, subject)
    const callbackUrl = 'http://127.0.0.1:1/hooks/minimax/token'
    const outcome = await provider.start(startRequest(subject.model, { callbackUrl }))
    assert.ok(outcome.kind === 'accepted')
    const challenge = await simulator.untilCallback(({ error }) => error !== null)
    const reading = await provider.readCallback?.({
      headers: challenge.headers,
      body: Buffer.from(challenge.body),
      urls: [callbackUrl],
    })
    assert.equal(reading?.answer, challenge.body)
    // Nobody has echoed it: nothing more is sent, whatever happens.
    await assert.rejects(simulator.callback(outcome.operation.providerTaskId), /handshake/)
  })
}

test('simulated minimax v2: cancelled and expired are ends', async (context) => {
  const open = await opened(context, V2)
  for (const status of ['cancelled', 'expired']) {
    const verdict = await open.provider.probe(await started(open, V2, `[up:status=${status}]`), signal)
    assert.equal(verdict.kind === 'failed' && verdict.code, `provider_${status}`)
  }
})

test('simulated minimax: what is sent with pictures is accepted', async (context) => {
  const { provider, simulator } = await opened(context, V1)
  const first = inputFile('first_frame', 'a')
  for (const [model, inputs] of [
    ['I2V-01', [first]],
    ['MiniMax-Hailuo-02', [first, inputFile('last_frame', 'b')]],
    ['MiniMax-H3', [first, inputFile('last_frame', 'b')]],
    ['MiniMax-H3', [inputFile('reference', 'a'), inputFile('reference', 'b')]],
    ['MiniMax-H3-Max', []],
  ] as const) {
    const outcome = await provider.start(startRequest(model, { inputs }))
    assert.equal(outcome.kind, 'accepted', `${model}: ${JSON.stringify(outcome)}`)
  }
  assert.ok(simulator.ledger.every(({ accepted }) => accepted))
})
