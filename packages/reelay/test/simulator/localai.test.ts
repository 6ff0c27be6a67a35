import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalai } from '../../src/providers/localai/index.ts'
import { plainRequest, startRequest } from '../contract/provider-subject.ts'
import { opened, simulatedProviderContract, type SimulatedSubject } from './simulated-provider-contract.ts'

/** Faults that leave the headers as they are. */
const CUT = ['truncated', 'cut-json', 'short-length']

const subject: SimulatedSubject = {
  dialect: 'localai',
  model: 'longcat-video',
  open: createLocalai,
  bytes: 'content',
  isSynchronous: true,
  starts: {
    // With an error of its own nothing is under way any more.
    500: 'rejected',
    '500invalid': 'rejected',
    '500-after-accept': 'rejected',
    503: 'not_sent',
    // One that takes long is followed in the background.
    timeout: 'accepted',
    stalled: 'accepted',
    'timeout-after-accept': 'accepted',
  },
  indistinct: {
    ...Object.fromEntries(
      CUT.map((fault) => [fault, 'Of a file that is there only the headers are looked at.']),
    ),
    'mp4-json': 'What is called a video is taken for one until it is opened.',
  },
}

simulatedProviderContract(subject)

const signal = new AbortController().signal

test('simulated localai: the check knows a good key from a wrong one', async (context) => {
  assert.equal((await (await opened(context, subject)).provider.check?.(signal))?.ok, true)
  const wrong: SimulatedSubject = { ...subject, open: (parts) => createLocalai({ ...parts, apiKey: 'x' }) }
  assert.equal((await (await opened(context, wrong)).provider.check?.(signal))?.ok, false)
})

test('simulated localai: a model that is being cooled down is asked again later', async (context) => {
  const { provider, simulator } = await opened(context, subject)
  const prompt = '[up:failed=model load recently failed][up:failed-code=503]'
  const request = { ...plainRequest(subject.model), prompt }
  const outcome = await provider.start(startRequest(subject.model, { request }))
  assert.equal(outcome.kind, 'not_sent', JSON.stringify(outcome))
  assert.equal(simulator.ledger.length, 1)
})

test('simulated localai: a video that takes long is followed in the background', async (context) => {
  const { provider, simulator, clock } = await opened(context, subject)
  const hold = simulator.hold('create-answer')
  const starting = provider.start(startRequest(subject.model))
  await hold.reached()
  clock.advance(60_000)
  const outcome = await starting
  assert.ok(outcome.kind === 'accepted')
  assert.equal((await provider.probe(outcome.operation, signal)).kind, 'running')
  hold.release()
  let verdict = await provider.probe(outcome.operation, signal)
  for (let turns = 0; turns < 1_000 && verdict.kind === 'running'; turns += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    verdict = await provider.probe(outcome.operation, signal)
  }
  assert.equal(verdict.kind, 'done')
  assert.equal(simulator.ledger.length, 1)
})
