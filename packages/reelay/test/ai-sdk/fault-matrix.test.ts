import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAiSdk } from '../../src/providers/ai-sdk/index.ts'
import { ProbeUnavailable, SubmitUnknown, type Provider } from '../../src/providers/provider.ts'
import { silentLog } from '../../src/system/log.ts'
import type { Operation } from '../../src/task/verdict.ts'
import { answer, brokenOff, hangUp, html, json, reset, type Behaviour } from '../contract/fault-server.ts'
import {
  openAway,
  openSubject,
  startRequest,
  type Opened,
  type ProviderSubject,
} from '../contract/provider-subject.ts'
import { KEY, PACKAGES, type VideoPackage } from './packages.ts'
import { openBridge, ORIGIN } from './bridge-subject.ts'

const MODEL = 'm'
const signal = new AbortController().signal
const ERROR = { error: { message: 'no', type: 'server_error' } }

const subjectOf = (name: string, { make, created, id }: VideoPackage): ProviderSubject => ({
  open: (upstream) =>
    openBridge(upstream, {
      name,
      models: { [MODEL]: { model: ({ fetch }) => make(upstream.baseUrl, fetch) } },
    }),
  model: MODEL,
  accepted: { reply: json(200, created), operation: { providerTaskId: id } },
  refusals: {},
  verdicts: {},
  otherJob: json(200, {}),
  outputs: () => ({}),
})

/** None of these is a word on a job, and none of them may end one. */
const FAULTS: Readonly<Record<string, Behaviour>> = {
  'reset before the answer': reset,
  'hang-up before the answer': hangUp,
  'reset in the middle of the answer': brokenOff('{"status":"pending","id":1}', 'application/json'),
  'HTTP 408': answer(json(408, ERROR)),
  'HTTP 409': answer(json(409, ERROR)),
  'HTTP 425': answer(json(425, ERROR)),
  'HTTP 500': answer(json(500, ERROR)),
  'HTTP 502': answer(html(502)),
  'HTTP 503': answer(json(503, ERROR)),
  'HTTP 504': answer(html(504)),
  'HTML with status 200': answer(html(200)),
  'HTML with status 404': answer(html(404)),
  'an empty body with status 200': answer({ status: 200, body: '' }),
  'an empty object': answer(json(200, {})),
  'a redirect': answer(html(302, { location: '/elsewhere' })),
  'a redirect to a private address': answer(html(307, { location: 'http://169.254.169.254/' })),
}

async function started(subject: ProviderSubject, { provider }: Opened): Promise<Operation> {
  const outcome = await provider.start(startRequest(subject.model))
  assert.equal(outcome.kind, 'accepted', JSON.stringify(outcome))
  assert.ok(outcome.kind === 'accepted')
  return outcome.operation
}

for (const [name, bridged] of Object.entries(PACKAGES)) {
  const subject = subjectOf(name, bridged)
  const accepts = answer(json(200, bridged.created))

  test(`${name}: accepted, and running, in one request each`, async (context) => {
    const first = await openSubject(context, subject, accepts)
    const operation = await started(subject, first)
    assert.equal(operation.providerTaskId, bridged.id)
    assert.equal(first.upstream.seen.length, 1)
    assert.equal(first.upstream.seen[0]?.headers['idempotency-key'], 'token_1')
    const status = name === 'fal' ? 400 : 200
    const second = await openSubject(context, subject, answer(json(status, bridged.running)))
    const verdict = await second.provider.probe(operation, signal)
    assert.ok(['running', 'waiting'].includes(verdict.kind), verdict.kind)
    assert.equal(second.upstream.seen.length, 1)
  })

  for (const [title, behave] of Object.entries(FAULTS)) {
    test(`${name}: ${title} ends nothing`, async (context) => {
      const operation = await started(subject, await openSubject(context, subject, accepts))
      const faulty = await openSubject(context, subject, behave)
      await assert.rejects(faulty.provider.probe(operation, signal), ProbeUnavailable)
      await assert.rejects(faulty.provider.start(startRequest(MODEL)), SubmitUnknown)
      assert.equal(faulty.upstream.seen.length, 2)
    })
  }

  for (const status of [401, 402, 403]) {
    test(`${name}: ${status} rests the account and ends nothing`, async (context) => {
      const operation = await started(subject, await openSubject(context, subject, accepts))
      const refusing = await openSubject(context, subject, answer(json(status, ERROR)))
      await assert.rejects(refusing.provider.probe(operation, signal), { pauseAccountMs: 60_000 })
      const outcome = await refusing.provider.start(startRequest(MODEL))
      assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'account')
    })
  }

  test(`${name}: 429 waits as long as it is told to`, async (context) => {
    const operation = await started(subject, await openSubject(context, subject, accepts))
    const busy = await openSubject(context, subject, answer(json(429, ERROR, { 'retry-after': '7' })))
    await assert.rejects(busy.provider.probe(operation, signal), { pauseAccountMs: 7_000 })
    const outcome = await busy.provider.start(startRequest(MODEL))
    assert.equal(outcome.kind === 'not_sent' ? outcome.pauseAccountMs : outcome.kind, 7_000)
  })

  test(`${name}: a refused connection ends nothing and sends nothing`, async (context) => {
    const operation = await started(subject, await openSubject(context, subject, accepts))
    const away = await openAway(context, subject)
    await assert.rejects(away.provider.probe(operation, signal), ProbeUnavailable)
    assert.equal((await away.provider.start(startRequest(MODEL))).kind, 'not_sent')
  })

  test(`${name}: what is stored can be stored, and holds no key`, async (context) => {
    const { provider } = await openSubject(context, subject, accepts)
    const outcome = await provider.start(startRequest(MODEL))
    assert.ok(outcome.kind === 'accepted')
    assert.deepEqual(JSON.parse(JSON.stringify(outcome.operation)), outcome.operation)
    assert.doesNotMatch(JSON.stringify(outcome.operation), /sk-canary/)
    assert.equal(outcome.operation['origin'], ORIGIN)
  })
}

for (const status of [409, 429, 500, 503]) {
  test(`a job that ended, told with ${status}, ends nothing`, async (context) => {
    const failed = { task: { id: 'task_1', status: 'failed', error: { message: 'no' } } }
    const subject = subjectOf('minimax', PACKAGES['minimax']!)
    const operation = await started(
      subject,
      await openSubject(context, subject, answer(json(200, PACKAGES['minimax']!.created))),
    )
    const { provider } = await openSubject(context, subject, answer(json(status, failed)))
    await assert.rejects(provider.probe(operation, signal), ProbeUnavailable)
    const { provider: sure } = await openSubject(context, subject, answer(json(200, failed)))
    assert.equal((await sure.probe(operation, signal)).kind, 'failed')
  })
}

test('a refusal that repeats the key is told without it', async (context) => {
  const subject = subjectOf('gateway', PACKAGES['gateway']!)
  const reply = json(400, {
    error: { message: `The key ${KEY} may not do this.`, type: 'invalid_request_error' },
  })
  const { provider } = await openSubject(context, subject, answer(reply))
  assert.deepEqual(await provider.start(startRequest(MODEL)), {
    kind: 'rejected',
    code: 'invalid_input',
    detail: 'The key [redacted] may not do this. (invalid_request_error)',
  })
})

test('an answer that repeats the key is stored without it', async (context) => {
  const subject = subjectOf('gateway', PACKAGES['gateway']!)
  const reply = json(200, {
    operation: { id: 'job_1', token: `Bearer ${KEY}`, url: `https://x.example/?k=${KEY}` },
  })
  const { provider } = await openSubject(context, subject, answer(reply))
  const outcome = await provider.start(startRequest(MODEL))
  assert.ok(outcome.kind === 'accepted')
  assert.deepEqual(outcome.operation['operation'], {
    id: 'job_1',
    token: 'Bearer [redacted]',
    url: 'https://x.example/?k=[redacted]',
  })
})

test('a model that is not in the file any more is waited for', async (context) => {
  const subject = subjectOf('xai', PACKAGES['xai']!)
  const { upstream, clock } = await openSubject(context, subject, answer(json(200, {})))
  const provider: Provider = await createAiSdk(
    {
      name: 'a',
      models: { other: { model: ({ fetch }) => PACKAGES['xai']!.make(upstream.baseUrl, fetch) } },
    },
    { guarded: { open: () => Promise.reject(new Error('Nothing is asked.')) }, clock, log: silentLog },
  )
  const operation = { providerTaskId: 'x', adapter: 'ai-sdk', adapterVersion: 1, model: MODEL, origin: null }
  const asked = provider.probe({ ...operation, operation: {} }, signal)
  await assert.rejects(asked, {
    name: 'ProbeUnavailable',
    message: /"m" is not in the configuration file any more/,
  })
  const foreign = provider.probe({ ...operation, adapterVersion: 2, operation: {} }, signal)
  await assert.rejects(foreign, { name: 'ProbeUnavailable', message: /not one of this version/ })
})
