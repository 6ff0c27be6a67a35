import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { CallbackReading, RawCallback } from '../providers/provider.ts'
import { StoreUnavailable, type CallbackIn } from '../store/store.ts'
import { hashOfKey } from '../system/hash-of-key.ts'
import { silentLog } from '../system/log.ts'
import { settle } from '../../test/support/settle.ts'
import { exchangeRaw } from '../../test/security/raw-client.ts'
import type { HttpDeps } from './deps.ts'
import { serve } from './serve.ts'
import { HEED_AFTER_MS } from './take-callback.ts'
import { startTestApp, TEST_LIMITS, type TestApp } from './test-deps.ts'
import { errorOf, send, type SendOptions } from './test-request.ts'

const TOKEN = 'Tt0_'.padEnd(43, '-x')
const PATH = `/hooks/scripted/${TOKEN}`
const TARGET = { projectId: 'proj_a', taskId: 'video_1', attempt: 3, account: 'scripted:eu' }
const LIMIT = 2 * 1024 * 1024

type Hooked = { api: TestApp; kept: readonly CallbackIn[]; read: RawCallback[] }

type Reading = Partial<CallbackReading> | Promise<CallbackReading>

/** An app whose store knows one token. */
function startHooked(given: Reading | Error | (() => Reading) = {}): Hooked {
  const read: RawCallback[] = []
  const readCallback: HttpDeps['readCallback'] = (account, callback) => {
    assert.equal(account, TARGET.account)
    read.push(callback)
    if (given instanceof Error) throw given
    const reading = typeof given === 'function' ? given() : given
    return reading instanceof Promise
      ? reading
      : { verdict: 'unsigned', operation: null, hint: 'moved', ...reading }
  }
  const api = startTestApp({ callbackBase: 'https://reelay.example/base' }, { readCallback })
  api.store.callbackTargets.set(hashOfKey(TOKEN), TARGET)
  return { api, kept: api.store.callbacks, read }
}

/** A body that never ends; `asked` tells whether anybody read of it. */
function endless(): { body: ReadableStream<Uint8Array>; asked: () => number } {
  let asked = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        asked += 1
        controller.enqueue(new Uint8Array(1_000))
      },
    },
    { highWaterMark: 0 },
  )
  return { body, asked: () => asked }
}

const BYTES = { headers: { 'content-type': 'application/octet-stream' } }
const streamOf = (bytes: Uint8Array): ReadableStream =>
  new ReadableStream({
    start: (controller) => {
      if (bytes.byteLength > 0) controller.enqueue(bytes)
      controller.close()
    },
  })

test('a callback is answered with exactly ok, and kept with what its adapter reads in it', async () => {
  const operation = { providerTaskId: 'job-1' }
  const { api, kept, read } = startHooked({ verdict: 'trusted', operation, hint: 'ended' })
  const sent = await send(api, 'POST', PATH, { body: '{"a": 1}', ...BYTES })
  assert.equal(sent.status, 200)
  assert.equal(sent.headers.get('content-type'), 'text/plain')
  assert.equal(Buffer.from(sent.bytes).toString(), 'ok')
  const [callback] = kept
  assert.ok(callback)
  const { body, headers, dedupeKey, ...rest } = callback
  const { account: _account, ...target } = TARGET
  assert.deepEqual(rest, { ...target, provider: 'scripted', verdict: 'trusted', operation, hint: 'ended' })
  assert.equal(Buffer.from(body).toString(), '{"a": 1}')
  assert.match(dedupeKey, /^video_1\.3\.trusted\.[0-9a-f]{64}$/)
  const urls = [`https://reelay.example/base${PATH}`, `http://127.0.0.1${PATH}`]
  assert.deepEqual(read, [{ headers, body, urls }])
})

test('a callback is answered once it is kept, whatever becomes of the look that it asks for', async () => {
  const { api, kept } = startHooked()
  const { promise: never } = Promise.withResolvers<void>()
  for (const heed of [() => never, () => Promise.reject(new StoreUnavailable('full'))]) {
    api.store.heedCallback = heed
    assert.equal((await send(api, 'POST', PATH, { body: `${kept.length}`, ...BYTES })).status, 200)
  }
  api.clock.advance(HEED_AFTER_MS)
  await settle()
  assert.equal(kept.length, 2)
})

test('what was kept is heeded, a copy as one; what found no room is not', async () => {
  const { api } = startHooked()
  for (const outcome of ['kept', 'repeated', 'full'] as const) {
    api.store.recordCallback = () => Promise.resolve(outcome)
    await send(api, 'POST', PATH, { body: outcome, ...BYTES })
  }
  assert.equal(api.store.heeded.length, 0, 'the answer goes first')
  api.clock.advance(HEED_AFTER_MS)
  await settle()
  const heeded = api.store.heeded.map(({ callback, isNew }) => [Buffer.from(callback.body).toString(), isNew])
  assert.deepEqual(heeded, [
    ['kept', true],
    ['repeated', false],
  ])
})

test('copies have one key, other bytes another', async () => {
  const { api, kept } = startHooked()
  // The last two are the same text to whoever decodes them.
  const bodies = ['a', 'a', 'b', '', [0xfe], [0xff]].map((body) => streamOf(Buffer.from(body)))
  for (const body of bodies) assert.equal((await send(api, 'POST', PATH, { body })).status, 200)
  const keys = kept.map(({ dedupeKey }) => dedupeKey)
  assert.equal(keys[0], keys[1])
  assert.equal(new Set(keys).size, 5)
})

test('a forged copy that comes first does not make a copy of the genuine one', async () => {
  let verdict: CallbackReading['verdict'] = 'forged'
  const { api, kept } = startHooked(() => ({ verdict }))
  for (verdict of ['forged', 'forged', 'trusted', 'unsigned'] as const) {
    assert.equal((await send(api, 'POST', PATH, { body: 'same' })).status, 200)
  }
  const keys = kept.map(({ dedupeKey }) => dedupeKey)
  assert.equal(keys[0], keys[1])
  assert.equal(new Set(keys).size, 3)
})

test('an adapter that takes a while is waited for, and one that fails then is no harm either', async () => {
  for (const [failure, verdict] of [
    [null, 'trusted'],
    [new TypeError('of an adapter'), 'unsigned'],
  ] as const) {
    const { promise, resolve, reject } = Promise.withResolvers<CallbackReading>()
    const { api, kept } = startHooked(() => promise)
    const sending = send(api, 'POST', PATH, { body: 'x' })
    if (failure === null) resolve({ verdict, operation: null, hint: 'ended' })
    else reject(failure)
    assert.equal((await sending).status, 200)
    assert.equal(kept[0]?.verdict, verdict)
  }
})

const ACCOUNT_TOKEN = 'Aa1-'.padEnd(43, '_y')
const ACCOUNT_PATH = `/hooks/scripted/${ACCOUNT_TOKEN}`

/** An app that knows the address of an account, and of no attempt. */
function startWithAccount(reading: Partial<CallbackReading>): TestApp {
  const hash = hashOfKey(ACCOUNT_TOKEN)
  const accountOf = (known: string): string | undefined => (known === hash ? TARGET.account : undefined)
  return startTestApp(
    {},
    {
      accountAddresses: { urlOf: () => null, accountOf },
      readCallback: (account) => {
        assert.equal(account, TARGET.account)
        return { verdict: 'unsigned', operation: null, hint: 'ended', ...reading }
      },
    },
  )
}

test('a callback at the address of an account is kept with the job that it names', async () => {
  const operation = { providerTaskId: 'job-1', region: 'x' }
  for (const [reading, job] of [
    [{ operation }, { id: 'job-1' }],
    [{ operation, job: { id: 'job-2' } }, { id: 'job-2' }],
    [{ job: { idEnd: '/job' } }, { idEnd: '/job' }],
    [{}, null],
  ] as const) {
    const api = startWithAccount(reading)
    const sent = await send(api, 'POST', ACCOUNT_PATH, { body: '{"a": 1}', ...BYTES })
    assert.deepEqual([sent.status, Buffer.from(sent.bytes).toString()], [200, 'ok'])
    const [kept] = api.store.accountCallbacks
    assert.deepEqual([kept?.account, kept?.job], ['scripted:eu', job])
    assert.match(kept?.dedupeKey ?? '', /^scripted:eu\.unsigned\.[0-9a-f]{64}$/)
    assert.equal(Buffer.from(kept?.body ?? []).toString(), '{"a": 1}')
    assert.deepEqual(api.store.callbacks, [])
  }
})

test('at the address of an account too a challenge is answered, a body is bounded, and another name leads nowhere', async () => {
  const api = startWithAccount({ answer: '{"challenge":"42"}' })
  assert.deepEqual((await send(api, 'POST', ACCOUNT_PATH, { body: 'x' })).body, { challenge: '42' })
  assert.equal((await send(api, 'POST', ACCOUNT_PATH, { body: endless().body })).status, 413)
  const { body, asked } = endless()
  assert.equal((await send(api, 'POST', ACCOUNT_PATH.replace('scripted', 'other'), { body })).status, 404)
  assert.equal(asked(), 0)
  assert.deepEqual(api.store.accountCallbacks, [])
})

const UNKNOWN: Readonly<Record<string, string>> = {
  'an unknown token': `/hooks/scripted/${'u'.repeat(43)}`,
  'a token of another form': '/hooks/scripted/..%2f..%2fetc',
  'a token with something behind it': `/hooks/scripted/${TOKEN}%0a`,
  'a token that is cut': `/hooks/scripted/${TOKEN.slice(0, -1)}`,
  'the name of another provider': `/hooks/other/${TOKEN}`,
  'the name of the account': `/hooks/scripted:eu/${TOKEN}`,
  'a name in other letters': `/hooks/Scripted/${TOKEN}`,
}

for (const [name, path] of Object.entries(UNKNOWN)) {
  test(`${name} is an address that is none, and nothing of the body is read`, async () => {
    const { api, kept, read } = startHooked()
    const { body, asked } = endless()
    const sent = await send(api, 'POST', path, { body })
    assert.deepEqual([sent.status, errorOf(sent).code], [404, 'unknown_url'])
    assert.deepEqual([asked(), kept.length, read.length], [0, 0, 0])
    const other = await send(api, 'POST', `/hooks/nobody/${'v'.repeat(43)}`)
    assert.deepEqual(sent.body, other.body)
  })
}

const BODIES: Readonly<Record<string, { bytes: Uint8Array; headers?: Record<string, string> }>> = {
  'no bytes': { bytes: new Uint8Array() },
  'every byte': { bytes: Uint8Array.from({ length: 256 }, (_, index) => index) },
  'invalid UTF-8': { bytes: Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0xed, 0xa0, 0x80]) },
  'a NUL': { bytes: Buffer.from('{"a":"\0"}') },
  'no JSON': { bytes: Buffer.from('{{{'), headers: { 'content-type': 'application/json' } },
  'a content type that is none': { bytes: Buffer.from('x'), headers: { 'content-type': ';;;=' } },
  'as much as may be': { bytes: Buffer.alloc(LIMIT, 7) },
  gzip: { bytes: gzipSync('{"a":1}'), headers: { 'content-encoding': 'gzip' } },
  'a gzip bomb': { bytes: gzipSync(Buffer.alloc(16 * LIMIT)), headers: { 'content-encoding': 'gzip' } },
  'gzip that is none': { bytes: Buffer.from('plain'), headers: { 'content-encoding': 'gzip, br' } },
}

for (const [name, { bytes, headers = {} }] of Object.entries(BODIES)) {
  test(`a body of ${name} is kept as it is`, async () => {
    const { api, kept } = startHooked()
    const sent = await send(api, 'POST', PATH, { body: streamOf(bytes), headers })
    assert.equal(sent.status, 200)
    assert.deepEqual(Buffer.from(kept[0]!.body), Buffer.from(bytes))
    for (const [header, value] of Object.entries(headers)) assert.equal(kept[0]!.headers[header], value)
  })
}

test('a body above 2 MiB is refused, announced or not, and not kept', async () => {
  const { api, kept } = startHooked()
  const announced: SendOptions = { body: 'x', headers: { 'content-length': String(LIMIT + 1) } }
  for (const options of [
    announced,
    { body: streamOf(new Uint8Array(LIMIT + 1)) },
    { body: endless().body },
  ]) {
    const sent = await send(api, 'POST', PATH, options)
    assert.deepEqual([sent.status, errorOf(sent).code], [413, 'payload_too_large'])
  }
  assert.deepEqual(kept, [])
})

test('a body that arrives too slowly is given up after half a minute', async () => {
  const { api, kept } = startHooked()
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(Buffer.from('{')) })
  const sending = send(api, 'POST', PATH, { body })
  await api.clock.untilSleeping()
  api.clock.advance(31_000)
  const sent = await sending
  assert.deepEqual([sent.status, errorOf(sent).code], [408, 'request_timeout'])
  assert.deepEqual(kept, [])
})

test('other methods are refused, and lead nowhere', async () => {
  const { api, kept } = startHooked()
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    const sent = await send(api, method, PATH)
    assert.equal(sent.status, 405, method)
    assert.equal(sent.headers.get('allow'), 'POST')
  }
  assert.deepEqual(kept, [])
})

test('a challenge is answered as its provider wants it, and nothing is kept', async () => {
  const { api, kept } = startHooked({ answer: '{"challenge":"42"}' })
  const sent = await send(api, 'POST', PATH, { body: '{"challenge":"42"}', ...BYTES })
  assert.equal(sent.status, 200)
  assert.equal(sent.headers.get('content-type'), 'application/json')
  assert.deepEqual(sent.body, { challenge: '42' })
  assert.deepEqual(kept, [])
})

test('while the store cannot keep it, the provider is told to come again', async () => {
  const { api, kept } = startHooked()
  api.store.failure = new StoreUnavailable('the disk is full')
  const sent = await send(api, 'POST', PATH, { body: 'x' })
  assert.deepEqual([sent.status, errorOf(sent).code], [503, 'overloaded'])
  assert.ok(sent.headers.has('retry-after'))
  api.store.failure = null
  assert.equal((await send(api, 'POST', PATH, { body: 'x' })).status, 200)
  assert.equal(kept.length, 1)
})

test('bytes that its adapter fails at are kept all the same', async () => {
  const { api, kept } = startHooked(new TypeError('of an adapter'))
  assert.equal((await send(api, 'POST', PATH, { body: 'x' })).status, 200)
  const [{ verdict, operation, hint } = assert.fail()] = kept
  assert.deepEqual([verdict, operation, hint], ['unsigned', null, 'moved'])
  assert.equal(api.lines.filter(({ level }) => level === 'error').length, 1)
})

test('the token is in no line of the log, whatever becomes of the request', async () => {
  const { api } = startHooked(new TypeError('of an adapter'))
  const encoded = PATH.replace('/hooks', '/%68ooks')
  for (const path of [
    PATH,
    encoded,
    UNKNOWN['the name of another provider']!,
    `${PATH}/more`,
    `${PATH}%0ax`,
  ]) {
    for (const method of ['POST', 'GET'])
      await send(api, method, path, method === 'POST' ? { body: 'x' } : {})
  }
  api.store.failure = new StoreUnavailable('the disk is full')
  await send(api, 'POST', PATH, { body: 'x' })
  assert.ok(api.lines.length >= 11)
  assert.ok(!JSON.stringify(api.lines).includes(TOKEN))
})

test('headers are kept without what proves somebody, and up to 8,192 characters', async () => {
  const { api, kept, read } = startHooked()
  const secret = { authorization: 'Bearer x', cookie: `a=${'x'.repeat(8_000)}`, 'proxy-authorization': 'y' }
  const signed = { 'x-a': 'a'.repeat(4_000), 'x-signature': 's'.repeat(1_000), 'x-z': 'z'.repeat(9_000) }
  await send(api, 'POST', PATH, { body: streamOf(Buffer.from('x')), headers: { ...secret, ...signed } })
  const { 'x-z': _dropped, ...rest } = signed
  assert.deepEqual(kept[0]!.headers, rest)
  // A signature may be in any of them.
  assert.deepEqual(read[0]!.headers, signed)
})

test(
  'over a socket, an unknown token gets its answer while the body still comes',
  { timeout: 20_000 },
  async () => {
    const { api, kept } = startHooked()
    const serving = await serve(api.app, { host: '127.0.0.1', port: 0, limits: TEST_LIMITS, log: silentLog })
    try {
      const ask = async (path: string, body: string, length = 1_000) => {
        const head = `POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`
        const { answers } = await exchangeRaw(Number(new URL(serving.url).port), { chunks: [head, body] })
        return answers[0]
      }
      assert.equal((await ask(`/hooks/scripted/${'u'.repeat(43)}`, 'x'))?.status, 404)
      const answer = await ask(PATH, 'whole', 5)
      assert.deepEqual([answer?.status, answer?.body.toString()], [200, 'ok'])
      assert.equal(kept.length, 1)
    } finally {
      await serving.close(0)
    }
  },
)
