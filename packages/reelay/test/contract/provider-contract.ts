import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { SubmitUnknown, ProbeUnavailable } from '../../src/providers/provider.ts'
import { answer, brokenOff, garbage, hangUp, html, json, reset, silence } from './fault-server.ts'
import type { Behaviour } from './fault-server.ts'
import { providerCallbackContract } from './provider-callback-contract.ts'
import { providerOpenContract } from './provider-open-contract.ts'
import { openAway, openSubject, startRequest, type ProviderSubject } from './provider-subject.ts'

/** Case to reason, printed by the runner. */
export type Skips = Readonly<Record<string, string>>

const signal = new AbortController().signal

/** A case that hangs fails: nothing here waits for real time. */
const TIMEOUT_MS = 20_000
const ERROR = { error: { message: 'no', type: 'server_error', code: '', param: null } }
const DAY_LATER = new Date(1_790_000_000_000 + 7_000).toUTCString()

/** After each of these, a job may exist or not: nobody may say anything about it. */
const FAULTS: Readonly<Record<string, (subject: ProviderSubject) => Behaviour>> = {
  'reset before the answer': () => reset,
  'hang-up before the answer': () => hangUp,
  'garbage bytes': () => garbage,
  'HTTP 500': () => answer(json(500, ERROR)),
  'HTTP 502': () => answer(html(502)),
  'HTTP 503': () => answer(html(503)),
  'HTTP 504': () => answer(html(504)),
  'HTTP 524': () => answer(html(524)),
  'HTTP 408': () => answer(json(408, ERROR)),
  'HTML with status 200': () => answer(html(200)),
  'HTML with status 403': () => answer(html(403)),
  'HTML with status 404': () => answer(html(404)),
  'empty body with status 200': () => answer({ status: 200, body: '' }),
  'empty JSON object': () => answer(json(200, {})),
  'JSON list': () => answer(json(200, [1])),
  'JSON cut short by its own length': ({ accepted }) =>
    answer({ ...accepted.reply, body: String(accepted.reply.body).slice(0, -3) }),
  'JSON broken off': ({ accepted }) => brokenOff(String(accepted.reply.body), 'application/json'),
  'JSON labelled as HTML': ({ accepted }) =>
    answer({ ...accepted.reply, headers: { 'content-type': 'text/html' } }),
  'redirect 301': () => answer(html(301, { location: '/elsewhere' })),
  'redirect 307': () => answer(html(307, { location: '/v1/videos' })),
  'answer over the size limit': () =>
    answer(json(200, { id: 'x', object: 'video', pad: 'x'.repeat(4 * 1024 * 1024) })),
}

const THROTTLES: Readonly<Record<string, { retryAfter?: string; pauseMs: number }>> = {
  'in seconds': { retryAfter: '7', pauseMs: 7_000 },
  'as a date': { retryAfter: DAY_LATER, pauseMs: 7_000 },
  'over the limit': { retryAfter: '86400', pauseMs: 600_000 },
  'of zero': { retryAfter: '0', pauseMs: 1_000 },
  unreadable: { retryAfter: 'soon', pauseMs: 5_000 },
  absent: { pauseMs: 5_000 },
}

const throttled = (retryAfter: string | undefined): Behaviour =>
  answer(json(429, ERROR, retryAfter === undefined ? {} : { 'retry-after': retryAfter }))

/** What every adapter of a provider reached over HTTP must do, whatever the provider does. */
export function providerContract(name: string, subject: ProviderSubject, skips: Skips = {}): void {
  startContract(name, subject, skips)
  probeContract(name, subject, skips)
  providerOpenContract(name, subject, skips)
  providerCallbackContract(name, subject, skips)
}

function startContract(name: string, subject: ProviderSubject, skips: Skips): void {
  const it = (title: string, body: (context: TestContext) => Promise<void>): void => {
    test(`${name} start: ${title}`, { skip: skips[`start: ${title}`] ?? false, timeout: TIMEOUT_MS }, body)
  }

  it('accepted', async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
    const outcome = await provider.start(startRequest(subject.model))
    assert.deepEqual(outcome, { kind: 'accepted', operation: subject.accepted.operation })
    assert.equal(upstream.posts(), 1)
  })

  for (const [title, { reply, expected }] of Object.entries(subject.refusals)) {
    it(title, async (context) => {
      const { provider, upstream } = await openSubject(context, subject, answer(reply))
      assert.deepEqual(await provider.start(startRequest(subject.model)), expected)
      assert.equal(upstream.posts(), 1)
    })
  }

  for (const [title, behaviourOf] of Object.entries(FAULTS)) {
    it(`${title} is unknown, with one POST`, async (context) => {
      const { provider, upstream } = await openSubject(context, subject, behaviourOf(subject))
      await assert.rejects(provider.start(startRequest(subject.model)), SubmitUnknown)
      assert.equal(upstream.posts(), 1)
    })
  }

  it('an unreadable answer is kept, cut, for the operator', async (context) => {
    const page = `<p>${'x'.repeat(9_000)}`
    const { provider } = await openSubject(context, subject, answer({ status: 200, body: page }))
    await assert.rejects(provider.start(startRequest(subject.model)), (error) => {
      assert.ok(error instanceof SubmitUnknown)
      assert.match(error.rawAnswer ?? '', /^HTTP 200/)
      assert.ok((error.rawAnswer ?? '').length <= 4_096)
      return true
    })
  })

  it('U12: no answer after it was accepted is unknown: never sent again', async (context) => {
    const { provider, upstream, clock } = await openSubject(context, subject, silence)
    const started = provider.start(startRequest(subject.model))
    await upstream.untilSeen(1)
    clock.advance(3_600_000)
    await assert.rejects(started, SubmitUnknown)
    assert.equal(upstream.posts(), 1)
  })

  it('aborted while it waits is unknown', async (context) => {
    const { provider, upstream } = await openSubject(context, subject, silence)
    const controller = new AbortController()
    const started = provider.start(startRequest(subject.model, { signal: controller.signal }))
    await upstream.untilSeen(1)
    controller.abort()
    await assert.rejects(started, SubmitUnknown)
    assert.equal(upstream.posts(), 1)
  })

  it('refused connection is not sent', async (context) => {
    const { provider } = await openAway(context, subject)
    const outcome = await provider.start(startRequest(subject.model))
    assert.equal(outcome.kind, 'not_sent')
    assert.match(outcome.kind === 'not_sent' ? outcome.detail : '', /ECONNREFUSED/)
  })

  it('a lost lease is not sent, asked once the connection stands', async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
    let asked = 0
    const mayStillSend = (): boolean => (asked += 1) > 1
    const outcome = await provider.start(startRequest(subject.model, { mayStillSend }))
    assert.equal(outcome.kind, 'not_sent')
    assert.equal(asked, 1)
    assert.equal(upstream.posts(), 0)
  })

  for (const [title, { retryAfter, pauseMs }] of Object.entries(THROTTLES)) {
    it(`429 with Retry-After ${title}`, async (context) => {
      const { provider, upstream, clock } = await openSubject(context, subject, throttled(retryAfter))
      const outcome = await provider.start(startRequest(subject.model))
      assert.ok(outcome.kind === 'not_sent')
      assert.equal(outcome.pauseAccountMs, pauseMs)
      assert.equal(outcome.retryAtMs, clock.nowMs() + pauseMs)
      assert.equal(upstream.posts(), 1)
    })
  }

  for (const status of [401, 402, 403]) {
    it(`${status} is the account's fault`, async (context) => {
      const { provider, upstream } = await openSubject(context, subject, answer(json(status, ERROR)))
      const outcome = await provider.start(startRequest(subject.model))
      assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'account')
      assert.equal(upstream.posts(), 1)
    })
  }
}

function probeContract(name: string, subject: ProviderSubject, skips: Skips): void {
  const { operation } = subject.accepted
  const it = (title: string, body: (context: TestContext) => Promise<void>): void => {
    test(`${name} probe: ${title}`, { skip: skips[`probe: ${title}`] ?? false, timeout: TIMEOUT_MS }, body)
  }

  for (const [title, { reply, expected }] of Object.entries(subject.verdicts)) {
    it(title, async (context) => {
      const { provider } = await openSubject(context, subject, answer(reply))
      assert.deepEqual(await provider.probe(operation, signal), expected)
    })
  }

  const faults: typeof FAULTS = {
    ...FAULTS,
    'job of another id': () => answer(subject.otherJob),
    'HTTP 401': () => answer(json(401, ERROR)),
    'HTTP 500 with the job of another id': () => answer({ ...subject.otherJob, status: 500 }),
  }
  for (const [title, behaviourOf] of Object.entries(faults)) {
    it(`${title} is no verdict`, async (context) => {
      const { provider, upstream } = await openSubject(context, subject, behaviourOf(subject))
      await assert.rejects(provider.probe(operation, signal), ProbeUnavailable)
      const isCreate = subject.isCreate ?? (({ method }) => method === 'POST')
      assert.equal(upstream.seen.filter(isCreate).length, 0)
    })
  }

  it('no answer is no verdict', async (context) => {
    const { provider, upstream, clock } = await openSubject(context, subject, silence)
    const probed = provider.probe(operation, signal)
    await upstream.untilSeen(1)
    clock.advance(3_600_000)
    await assert.rejects(probed, ProbeUnavailable)
  })

  it('refused connection is no verdict', async (context) => {
    const { provider } = await openAway(context, subject)
    await assert.rejects(provider.probe(operation, signal), ProbeUnavailable)
  })

  for (const [title, { retryAfter, pauseMs }] of Object.entries(THROTTLES)) {
    it(`429 with Retry-After ${title} pauses the account`, async (context) => {
      const { provider } = await openSubject(context, subject, throttled(retryAfter))
      await assert.rejects(provider.probe(operation, signal), { pauseAccountMs: pauseMs })
    })
  }

  for (const status of [401, 402, 403]) {
    it(`${status} pauses the account`, async (context) => {
      const { provider } = await openSubject(context, subject, answer(json(status, ERROR)))
      await assert.rejects(provider.probe(operation, signal), { pauseAccountMs: 60_000 })
    })
  }

  it('HTTP 502 pauses no account', async (context) => {
    const { provider } = await openSubject(context, subject, answer(html(502)))
    await assert.rejects(provider.probe(operation, signal), { pauseAccountMs: undefined })
  })
}
