import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import {
  ANSWER_FAULTS,
  clipBytes,
  startSimulator,
  summarise,
  type DialectName,
  type FaultPoint,
  type Simulator,
} from '@reelay/simulator'
import { parseAllowHosts } from '../../src/net/allow-hosts.ts'
import { createGuard } from '../../src/net/guard.ts'
import { createGuardedClient, type GuardedClient } from '../../src/net/guarded-fetch.ts'
import {
  OutputGone,
  OutputUnavailable,
  ProbeUnavailable,
  SubmitUnknown,
  type Provider,
} from '../../src/providers/provider.ts'
import { systemIds, type Ids } from '../../src/system/ids.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import type { Operation, Output, StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { plainRequest, startRequest } from '../contract/provider-subject.ts'

/** What an adapter is built with. */
export type SimulatedParts = {
  baseUrl: string
  apiKey: string
  guarded: GuardedClient
  clock: TestClock
  ids: Ids
}

/** What the suite must be told of one adapter. */
export type SimulatedSubject = {
  /** As test names have it; default: the dialect. */
  name?: string
  dialect: DialectName
  model: string
  open(parts: SimulatedParts): Provider | Promise<Provider>
  /** Default `key-1`. */
  apiKey?: string
  /** Where its outputs' bytes are; null where they come inside an answer. */
  bytes: 'link' | 'content' | null
  /** Whether it takes a second step to the result; `open`: only to open it. */
  looks?: boolean | 'open'
  /** A create is answered once its video is made: what is looked at then is its file. */
  isSynchronous?: boolean
  /** What a failure says, where the provider has no room for a message. */
  failure?: RegExp
  /** What a fault of the create leads to, where it is not what the table below says. */
  starts?: Readonly<Record<string, StartKind>>
  /** Faults of the second step, or of a look at a file, that nobody can tell from a result, with the reason. */
  indistinct?: Readonly<Record<string, string>>
}

type StartKind = StartOutcome['kind'] | 'unknown'

/** A case that hangs fails. */
const TIMEOUT_MS = 30_000
const HOUR_MS = 3_600_000
const CLIP = clipBytes('mp4')

/** The answer arrives whole, if late, or with a header that nobody here reads. */
const READABLE: readonly string[] = ['slow', 'bad-gzip']

/** Those that never end by themselves. */
const ENDLESS: readonly string[] = ['timeout', 'stalled']

/** Everything else may have been accepted: unknown. */
const STARTS: Readonly<Record<string, StartKind>> = {
  400: 'rejected',
  429: 'not_sent',
  slow: 'accepted',
  'bad-gzip': 'accepted',
}

/** The job is there, and its answer is lost. */
const LOST: readonly string[] = [
  'reset-after-accept',
  'fin-after-accept',
  'timeout-after-accept',
  'garbage-after-accept',
  'html-after-accept',
  'empty-after-accept',
  'noid-after-accept',
  '500-after-accept',
  '502-after-accept',
  '504-after-accept',
]

export type Opened = { provider: Provider; simulator: Simulator; clock: TestClock }

const signal = new AbortController().signal

/** The adapter before its simulated provider; both end with the test. */
export async function opened(context: TestContext, subject: SimulatedSubject): Promise<Opened> {
  const apiKey = subject.apiKey ?? 'key-1'
  const simulator = await startSimulator({ dialect: subject.dialect, keys: [apiKey], dripMs: 1 })
  const clock = new TestClock()
  const allow = parseAllowHosts(new URL(simulator.filesUrl).host)
  const guarded = createGuardedClient({ guard: createGuard({ allow }), clock })
  const provider = await subject.open({ baseUrl: simulator.url, apiKey, guarded, clock, ids: systemIds })
  context.after(async () => {
    await provider.stop?.()
    await simulator.close()
  })
  return { provider, simulator, clock }
}

/** What comes of work that a fault strikes; one that never ends is helped by the clock, once the fault is there. */
async function struck<Result>(
  { simulator, clock }: Opened,
  fault: string,
  work: Promise<Result>,
): Promise<Result | Error> {
  const settled = work.catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))))
  await simulator.untilRequest((request) => request.fault === fault)
  if (ENDLESS.some((name) => fault.startsWith(name))) clock.advance(HOUR_MS)
  return settled
}

async function start({ provider }: Opened, subject: SimulatedSubject, prompt: string): Promise<StartOutcome> {
  const request = { ...plainRequest(subject.model), prompt }
  return provider.start(startRequest(subject.model, { request }))
}

/** A job that was accepted. */
export async function started(open: Opened, subject: SimulatedSubject, prompt: string): Promise<Operation> {
  const outcome = await start(open, subject, prompt)
  assert.ok(outcome.kind === 'accepted', JSON.stringify(outcome))
  return outcome.operation
}

/** What is said of a job that fails: by the first look at it, or by the create itself. */
async function failureOf(
  open: Opened,
  subject: SimulatedSubject,
  prompt: string,
): Promise<Verdict | StartOutcome> {
  if (subject.isSynchronous === true) return start(open, subject, prompt)
  return open.provider.probe(await started(open, subject, prompt), signal)
}

async function output(open: Opened, subject: SimulatedSubject, markers = ''): Promise<[Output, Operation]> {
  const operation = await started(open, subject, `[up:steps=done]${markers}`)
  const verdict = await open.provider.probe(operation, signal)
  assert.ok(verdict.kind === 'done', JSON.stringify(verdict))
  const [first] = verdict.outputs
  assert.ok(first !== undefined)
  return [first, operation]
}

async function bytesOf(open: Opened, [ref, operation]: [Output, Operation]): Promise<Buffer> {
  const { body, bytes } = await open.provider.open(ref, operation, signal)
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  const whole = Buffer.concat(chunks)
  // As the archive does: what is shorter than it was declared is no output.
  if (bytes !== null && whole.length !== bytes) throw new OutputUnavailable('It is cut.')
  return whole
}

/** What an adapter must make of its simulated provider, faults included. */
export function simulatedProviderContract(subject: SimulatedSubject): void {
  const name = subject.name ?? subject.dialect
  const it = (title: string, body: (open: Opened) => Promise<void>): void => {
    test(`simulated ${name}: ${title}`, { timeout: TIMEOUT_MS }, async (context) => {
      await body(await opened(context, subject))
    })
  }

  it('a job goes from create to bytes, and is billed once', async (open) => {
    const operation = await started(open, subject, 'a red ball')
    const seen: Verdict['kind'][] = []
    let verdict = await open.provider.probe(operation, signal)
    for (; verdict.kind !== 'done' && seen.length < 5; verdict = await open.provider.probe(operation, signal))
      seen.push(verdict.kind)
    assert.ok(verdict.kind === 'done')
    assert.equal(seen.length, subject.isSynchronous === true ? 0 : 2)
    assert.ok(seen.every((kind) => kind === 'waiting' || kind === 'running'))
    const [first] = verdict.outputs
    assert.ok(CLIP.equals(await bytesOf(open, [first!, operation])))
    assert.deepEqual(
      open.simulator.ledger.map(({ prompt, id, accepted }) => [prompt, id, accepted]),
      [['a red ball', operation.providerTaskId, true]],
    )
    assert.deepEqual(open.simulator.leaks, [])
  })

  it('a failure is one, in the words of the provider', async (open) => {
    const failed = await failureOf(open, subject, '[up:steps=failed][up:failed=the cat walked away]')
    assert.ok(failed.kind === 'failed' || failed.kind === 'rejected', JSON.stringify(failed))
    assert.equal(failed.kind, subject.isSynchronous === true ? 'rejected' : 'failed')
    assert.match(failed.detail, subject.failure ?? /the cat walked away/)
  })

  it('a job that is not known yet is no end', async (open) => {
    if (subject.isSynchronous === true) return
    const operation = await started(open, subject, '[up:flapping=2]')
    const kinds: string[] = []
    for (let looks = 0; looks < 5; looks += 1) {
      const verdict = await open.provider.probe(operation, signal).catch((error: unknown) => error)
      kinds.push(verdict instanceof ProbeUnavailable ? 'unavailable' : (verdict as Verdict).kind)
    }
    assert.equal(kinds.at(-1), 'done')
    for (const kind of kinds.slice(0, -1)) {
      assert.ok(['waiting', 'running', 'gone', 'unavailable', 'unrecognised'].includes(kind), kind)
    }
  })

  it('no fault of a look ends a job', (open) =>
    lookFaults(open, subject, subject.isSynchronous === true ? 'content' : 'poll'))
  if (subject.looks === true)
    it('no fault of the second step ends a job', (open) => lookFaults(open, subject, 'look'))

  if (subject.looks === 'open')
    it('no fault of the second step is taken for a video', (open) => openFaults(open, subject, 'look'))

  const { bytes } = subject
  if (bytes !== null)
    it('no fault of a download is taken for a video', (open) => openFaults(open, subject, bytes))

  for (const fault of ANSWER_FAULTS) {
    const expected = subject.starts?.[fault] ?? STARTS[fault] ?? 'unknown'
    it(`a create that meets ${fault} is ${expected}`, async (open) =>
      startFault(open, subject, fault, expected))
  }
  for (const fault of LOST) {
    const expected = subject.starts?.[fault] ?? 'unknown'
    it(`a create that meets ${fault} is ${expected}, and there is one job`, async (open) => {
      await startFault(open, subject, fault, expected)
      assert.equal(summarise(open.simulator.ledger).jobs, 1)
    })
  }
}

async function lookFaults(
  open: Opened,
  subject: SimulatedSubject,
  point: 'poll' | 'look' | 'content',
): Promise<void> {
  const { provider, simulator } = open
  // The second step is taken by a job that is done; what it says then is the truth, if it can be read.
  const truth = point === 'poll' ? 'running' : 'done'
  const operation = await started(open, subject, `[up:steps=${truth}]`)
  for (const fault of ANSWER_FAULTS) {
    if (point !== 'poll' && fault in (subject.indistinct ?? {})) continue
    simulator.fault({ point, fault })
    const verdict = await struck(open, fault, provider.probe(operation, signal))
    if (verdict instanceof ProbeUnavailable) continue
    assert.ok(!(verdict instanceof Error), `${fault}: ${inspect(verdict)}`)
    const { kind } = verdict
    const isTruth = kind === truth || (truth === 'running' && kind === 'waiting')
    assert.ok(isTruth && [...READABLE, 'noid'].includes(fault), `${fault}: ${JSON.stringify(verdict)}`)
  }
  assert.equal((await provider.probe(operation, signal)).kind, truth)
}

async function openFaults(open: Opened, subject: SimulatedSubject, point: FaultPoint): Promise<void> {
  const { simulator } = open
  const found = await output(open, subject)
  for (const fault of ANSWER_FAULTS) {
    simulator.fault({ point, fault })
    const result = await struck(open, fault, bytesOf(open, found))
    if (result instanceof OutputGone || result instanceof OutputUnavailable) continue
    assert.ok(Buffer.isBuffer(result), `${fault}: ${inspect(result)}`)
    // Nothing in such an answer tells that it is cut: the file itself does, which is looked at later.
    const isCut = ['short-length', 'cut-json'].includes(fault) && result.length < CLIP.length
    assert.ok(isCut || CLIP.equals(result), fault)
    assert.ok(isCut || [...READABLE, '307', 'noid'].includes(fault), fault)
  }
  assert.ok(CLIP.equals(await bytesOf(open, found)))
  assert.deepEqual(simulator.leaks, [])
}

async function startFault(
  open: Opened,
  subject: SimulatedSubject,
  fault: string,
  expected: StartKind,
): Promise<void> {
  const { simulator } = open
  simulator.fault({ point: 'create', fault })
  const outcome = await struck(open, fault, start(open, subject, 'a red ball'))
  assert.ok(!(outcome instanceof Error) || outcome instanceof SubmitUnknown, inspect(outcome))
  const kind = outcome instanceof SubmitUnknown ? 'unknown' : outcome.kind
  assert.equal(kind, expected, inspect(outcome))
  const { jobs } = summarise(simulator.ledger)
  assert.ok(jobs <= 1, `${jobs} jobs`)
  if (LOST.includes(fault)) return
  assert.equal(kind === 'not_sent' || kind === 'rejected' ? jobs : 0, 0)
}
