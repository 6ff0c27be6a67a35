import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GuardedClient, GuardedRequest, GuardedResponse } from '../net/guarded-fetch.ts'
import { TestClock } from '../system/test-clock.ts'
import { createPublicKeys, type PublicKeys } from './public-keys.ts'

const HOUR_MS = 3_600_000
const URL_GIVEN = 'https://provider.example/.well-known/jwks.json'
const A = { kty: 'OKP', kid: 'a' }
const B = { kty: 'OKP', kid: 'b' }

type Answer = Promise<GuardedResponse>

function answerOf(body: string, status = 200): GuardedResponse {
  return {
    status,
    headers: new Map(),
    url: URL_GIVEN,
    body: (async function* () {
      yield Buffer.from(body)
    })(),
    close: () => {},
  }
}

const keysAnswer = (...keys: object[]): GuardedResponse => answerOf(JSON.stringify({ keys }))

type Asked = { keys: PublicKeys; clock: TestClock; asked: GuardedRequest[] }

/** Keys at a server that gives the answers in their order, and the last one again and again. */
function keysAt(...answers: (() => Answer)[]): Asked {
  const clock = new TestClock()
  const asked: GuardedRequest[] = []
  const guarded: GuardedClient = {
    open: async (request) => {
      asked.push(request)
      return (answers[Math.min(asked.length, answers.length) - 1] ?? assert.fail())()
    },
  }
  const keys = createPublicKeys({ url: URL_GIVEN, trust: { from: 'provider' }, guarded, clock })
  return { keys, clock, asked }
}

const has =
  (...keys: object[]) =>
  async (): Answer =>
    keysAnswer(...keys)
const fails = async (): Answer => {
  throw new Error('no route')
}

test('many callbacks at once ask once, with bounds, and what comes is kept for a day', async () => {
  const { keys, clock, asked } = keysAt(has(A), has(B))
  const all = await Promise.all(Array.from({ length: 20 }, () => keys.current()))
  for (const found of all) assert.deepEqual(found, [A])
  assert.equal(asked.length, 1)
  const [{ url, redirectsMax, bytesMax, totalTimeoutMs } = assert.fail()] = asked
  assert.deepEqual([url, redirectsMax], [URL_GIVEN, 0])
  assert.ok(bytesMax <= 64 * 1024 && totalTimeoutMs <= 10_000)
  clock.advance(24 * HOUR_MS - 1)
  assert.deepEqual(await keys.current(), [A])
  assert.equal(asked.length, 1)
  clock.advance(1)
  assert.deepEqual(await keys.current(), [B])
  assert.equal(asked.length, 2)
})

test('an unknown key is a reason to ask again, once a minute at most', async () => {
  const { keys, clock, asked } = keysAt(has(A), has(A, B))
  await keys.current()
  assert.deepEqual(await keys.newest(), [A], 'they are as new as can be')
  assert.equal(asked.length, 1)
  clock.advance(60_000)
  const all = await Promise.all(Array.from({ length: 50 }, () => keys.newest()))
  for (const found of all) assert.deepEqual(found, [A, B])
  assert.equal(asked.length, 2)
  clock.advance(59_999)
  await keys.newest()
  assert.equal(asked.length, 2)
})

test('during an outage nobody can tell, and nobody waits for the next question', async () => {
  const { keys, clock, asked } = keysAt(fails, fails, has(A))
  assert.equal(await keys.current(), null)
  for (let call = 0; call < 10; call += 1) assert.equal(await keys.current(), null)
  assert.equal(asked.length, 1)
  clock.advance(60_000)
  assert.equal(await keys.current(), null)
  clock.advance(60_000)
  assert.deepEqual(await keys.current(), [A])
  assert.equal(asked.length, 3)
})

test('known keys outlast an outage, but not for longer than a day, and are not the newest during one', async () => {
  const { keys, clock } = keysAt(has(A), fails)
  await keys.current()
  clock.advance(HOUR_MS)
  assert.equal(await keys.newest(), null)
  assert.deepEqual(await keys.current(), [A])
  clock.advance(23 * HOUR_MS)
  assert.equal(await keys.current(), null)
})

test('a callback waits for a second at most, and the keys that come later are there for the next one', async () => {
  const late = Promise.withResolvers<GuardedResponse>()
  const { keys, clock, asked } = keysAt(() => late.promise)
  const first = keys.current()
  await clock.untilSleeping()
  clock.advance(999)
  assert.equal(clock.sleeping, 1)
  clock.advance(1)
  assert.equal(await first, null)
  const second = keys.current()
  late.resolve(keysAnswer(A))
  assert.deepEqual(await second, [A])
  assert.equal(asked.length, 1)
  assert.equal(clock.sleeping, 0, 'nobody sleeps any longer')
})

const BROKEN: Readonly<Record<string, () => GuardedResponse>> = {
  'a page': () => answerOf('<html>'),
  'an error': () => answerOf('{"keys":[]}', 503),
  'a redirect': () => answerOf('', 302),
  'another object': () => answerOf('{"key":[]}'),
  'a list': () => answerOf('[]'),
  nothing: () => answerOf(''),
}

for (const [title, broken] of Object.entries(BROKEN)) {
  test(`${title} is no set of keys`, async () => {
    const { keys } = keysAt(async () => broken())
    assert.equal(await keys.current(), null)
  })
}

test('of very many keys, and of things that are none, a few are kept', async () => {
  const many = Array.from({ length: 100 }, (_, index) => ({ kty: 'RSA', kid: String(index) }))
  const { keys } = keysAt(async () => answerOf(JSON.stringify({ keys: [null, 7, 'x', [], ...many] })))
  const found = await keys.current()
  assert.equal(found?.length, 32)
  assert.deepEqual(found?.[0], many[0])
})
