import assert from 'node:assert/strict'
import { createPublicKey, createHash, verify } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { CALLBACK_FAULTS, parseCallbackFaults } from '../src/callback-faults.ts'
import type { CallbackRecord } from '../src/callback-record.ts'
import { is2xx } from '../src/callback-rules.ts'
import type { Dialect } from '../src/dialect.ts'
import { DIALECTS } from '../src/dialects/dialects.ts'
import type { SigningKey } from '../src/secrets.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../src/simulator.ts'
import { freePort } from './free-port.ts'
import { failureCode, fieldsOf } from './test-client.ts'
import { TestClock } from './test-clock.ts'

const HOOK = 'http://receiver.test/hook'

interface Seen {
  readonly url: string
  readonly body: string
}

function seenIn(input: unknown, init: RequestInit | undefined): Seen {
  assert.ok(typeof input === 'string' && typeof init?.body === 'string')
  return { url: input, body: init.body }
}

/** A receiver without a socket: what it answers, and what it got. */
function receiver(answer: () => Response | Promise<Response>): {
  fetch: typeof globalThis.fetch
  got: Seen[]
} {
  const got: Seen[] = []
  const receive: typeof globalThis.fetch = async (input, init) => {
    got.push(seenIn(input, init))
    return answer()
  }
  return { fetch: receive, got }
}

async function started(
  context: TestContext,
  options: SimulatorOptions & { fetch: typeof globalThis.fetch },
): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'fal', ...options })
  context.after(() => simulator.close())
  return simulator
}

async function submit({ url }: Simulator, prompt: string, hook = HOOK): Promise<string> {
  const headers = { authorization: 'Key k', 'content-type': 'application/json' }
  const target = `${url}/fal-ai/veo3.1?fal_webhook=${encodeURIComponent(hook)}`
  const response = await fetch(target, { method: 'POST', headers, body: JSON.stringify({ prompt }) })
  return String(fieldsOf(await response.json())['request_id'])
}

function isSignedBy(key: SigningKey, { headers, body }: CallbackRecord): boolean {
  const parts = ['request-id', 'user-id', 'timestamp'].map((name) => headers[`x-fal-webhook-${name}`])
  const message = [...parts, createHash('sha256').update(body).digest('hex')].join('\n')
  const publicKey = createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' })
  return verify(
    null,
    Buffer.from(message),
    publicKey,
    Buffer.from(headers['x-fal-webhook-signature']!, 'hex'),
  )
}

const secondsOf = ({ headers }: CallbackRecord): number => Number(headers['x-fal-webhook-timestamp'])

const ok = (): Response => new Response('ok')

test('every phase change by the clock calls back at its time, without a poll', async (context) => {
  const clock = new TestClock()
  const { fetch, got } = receiver(ok)
  const simulator = await started(context, { clock, fetch })
  const id = await submit(simulator, '[up:render=10s]')
  await clock.untilSleeping(1_250)
  clock.advance(1_250)
  await clock.untilSleeping(8_750)
  assert.equal(got.length, 0)
  clock.advance(8_750)
  const record = await simulator.untilCallback((callback) => callback.accepted !== null)
  assert.deepEqual([record.taskId, record.phase, record.attempt], [id, 'done', 1])
  assert.equal(got[0]!.url, HOOK)
  assert.equal(fieldsOf(JSON.parse(got[0]!.body))['status'], 'OK')
})

test('no answer in time is none, and the next try comes after the pause', async (context) => {
  const clock = new TestClock()
  const answers = [new Promise<Response>(() => {}), Promise.resolve(ok())]
  const { fetch, got } = receiver(() => answers.shift()!)
  const hanging: typeof globalThis.fetch = (input, init) =>
    Promise.race([
      fetch(input, init),
      new Promise<never>((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
      }),
    ])
  const simulator = await started(context, { clock, fetch: hanging })
  const id = await submit(simulator, '[up:steps=queued]')
  const sent = simulator.callback(id, { phase: 'done' })
  await clock.untilSleeping(15_000)
  clock.advance(15_000)
  const first = await simulator.untilCallback((callback) => callback.accepted === false)
  assert.equal(first.error, 'No answer within 15000 ms.')
  await clock.untilSleeping(15_000)
  clock.advance(15_000)
  const last = await sent
  assert.deepEqual([last.attempt, last.status, last.accepted, last.id], [2, 200, true, first.id])
  assert.equal(got.length, 2)
})

test('late callbacks are late, and an unreachable receiver is on the record', async (context) => {
  const clock = new TestClock()
  const { fetch } = receiver(() => Promise.reject(new TypeError('fetch failed', { cause: { code: 'E' } })))
  const simulator = await started(context, { clock, fetch })
  await submit(simulator, '[up:ms=1][up:steps=done][up:callback=late:700]')
  await clock.untilSleeping(700)
  assert.equal(simulator.callbacks.length, 0)
  clock.advance(700)
  const record = await simulator.untilCallback((callback) => callback.accepted !== null)
  assert.deepEqual([record.status, record.accepted, record.error], [null, false, 'fetch failed'])
})

test('signatures: replayed ones are an hour old, rotated ones are by the previous key, forged ones by none', async (context) => {
  const clock = new TestClock()
  const { fetch } = receiver(ok)
  const simulator = await started(context, { clock, fetch })
  const { ed25519, previous } = simulator.secrets
  const id = await submit(simulator, '[up:steps=running]')
  const sent = (faults: string): Promise<CallbackRecord> => simulator.callback(id, { phase: 'done', faults })
  const old = await sent('old')
  assert.equal(secondsOf(old), Math.floor(clock.nowMs() / 1000) - 3_600)
  assert.equal(isSignedBy(ed25519, old), true)
  const rotated = await sent('rotated')
  assert.deepEqual([isSignedBy(ed25519, rotated), isSignedBy(previous.ed25519, rotated)], [false, true])
  const forged = await sent('forged')
  assert.deepEqual([isSignedBy(ed25519, forged), isSignedBy(previous.ed25519, forged)], [false, false])
  const wrong = await sent('wrong-status')
  assert.equal(isSignedBy(ed25519, wrong), true)
  assert.equal(fieldsOf(JSON.parse(wrong.body))['status'], 'ERROR')
  assert.deepEqual(wrong.faults, ['wrong-status'])
})

test('the public keys can be down while a callback comes', async (context) => {
  const { fetch: receive } = receiver(ok)
  const simulator = await started(context, { fetch: receive })
  await submit(simulator, '[up:ms=1][up:steps=done][up:callback=keys-down]')
  await simulator.untilCallback((callback) => callback.accepted === true)
  const statuses = []
  for (let index = 0; index < 4; index += 1) {
    statuses.push((await fetch(`${simulator.url}/.well-known/jwks.json`)).status)
  }
  assert.deepEqual(statuses, [500, 500, 500, 200])
})

test('a handshake that is not answered ends all callbacks of a task, silently', async (context) => {
  const { callback } = DIALECTS.fal
  const shy: Dialect = {
    ...DIALECTS.fal,
    callback: {
      ...callback!,
      handshake: {
        body: (challenge) => ({ challenge }),
        accepts: (status, body, challenge) => is2xx(status) && body === JSON.stringify({ challenge }),
        timeoutMs: 3_000,
      },
    },
  }
  let echoes = true
  const { got } = receiver(ok)
  const fetchIt: typeof globalThis.fetch = async (input, init) => {
    got.push(seenIn(input, init))
    return new Response(echoes ? seenIn(input, init).body : 'ok')
  }
  const simulator = await started(context, { dialect: shy, fetch: fetchIt })
  const good = await submit(simulator, '[up:ms=1][up:steps=done]')
  await simulator.untilCallback((record) => record.taskId === good && record.phase === 'done')
  echoes = false
  const bad = await submit(simulator, '[up:ms=1][up:steps=done]')
  const asked = await simulator.untilCallback((record) => record.taskId === bad && record.accepted !== null)
  assert.deepEqual([asked.phase, asked.accepted], [null, false])
  await assert.rejects(simulator.callback(bad, { phase: 'done' }), /handshake/u)
  assert.equal(got.filter(({ body }) => body.includes(bad)).length, 0)
})

test('what cannot call back says so, and an address that is none is none', async (context) => {
  const { fetch: receive } = receiver(ok)
  const simulator = await started(context, { fetch: receive })
  const id = await submit(simulator, 'x', 'ftp://receiver.test/')
  assert.equal(simulator.ledger[0]!.callbackUrl, null)
  await assert.rejects(simulator.callback(id), /without a callback URL/u)
  await assert.rejects(simulator.callback('nope'), /no task "nope"/u)
  await assert.rejects(simulator.callback(id, { faults: 'odd' }), /Unknown callback fault "odd"/u)
  for (const name of Object.keys(CALLBACK_FAULTS)) assert.ok(parseCallbackFaults(name).size === 1, name)
  assert.throws(() => parseCallbackFaults('late:soon'), /milliseconds behind the colon/u)
})

test('closing ends a callback that waits', async () => {
  const { fetch } = receiver(ok)
  const simulator = await startSimulator({
    dialect: 'fal',
    fetch,
    clock: new TestClock(),
    port: await freePort(),
  })
  await submit(simulator, '[up:render=10s]')
  await simulator.close()
  assert.equal(await failureCode(submit(simulator, 'x')), 'ECONNREFUSED')
})
