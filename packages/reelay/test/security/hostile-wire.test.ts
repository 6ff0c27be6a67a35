import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { checkAnswer, checkHealth, headOf, openHostile, type HostileGateway } from './hostile-gateway.ts'
import { scaleServerTimes } from './scale-server-times.ts'

// What is wrong before it is a request: whole heads written by hand. A connection that is closed without a word is an
// answer to what is no HTTP.

const TIMEOUT = { timeout: 60_000 }
const SCALE = 40

let gateway: HostileGateway
before(async () => {
  gateway = await openHostile()
})
after(() => gateway.stop())

/** Every answer keeps the rules, and there is one unless the connection was closed. Gives the statuses. */
async function statusesOf(text: string, answers = 1, asked = gateway): Promise<readonly number[]> {
  const reply = await asked.send({ chunks: [Buffer.from(text, 'latin1')], answers })
  for (const answer of reply.answers) {
    checkAnswer(answer, text.slice(0, 300))
    assert.equal(answer.headers.get('set-cookie'), undefined, text.slice(0, 300))
    assert.equal(answer.headers.get('access-control-allow-origin'), undefined)
  }
  assert.ok(reply.closed || reply.answers.length >= answers)
  return reply.answers.map(({ status }) => status)
}

/** The same on every route, with header lines added. */
async function onEveryRoute(
  lines: readonly string[],
  check: (statuses: readonly number[], about: string) => void = () => {},
): Promise<void> {
  for (const { route, path, name } of gateway.targets) {
    check(await statusesOf(headOf(gateway, `${route.method} ${path}`, lines)), name)
  }
  await checkHealth(gateway)
}

/** The connection ends, and what stands behind the bad request on it is not taken for another one. */
async function refusedByEveryRoute(lines: readonly string[]): Promise<void> {
  const next = headOf(gateway, 'GET /v1/keys')
  for (const { route, path, name } of gateway.targets) {
    // A read may be answered before Node has seen the fault.
    const statuses = await statusesOf(headOf(gateway, `${route.method} ${path}`, lines) + next, 3)
    assert.ok(statuses.length <= 2, name)
    assert.ok((statuses.at(-1) ?? 400) >= 400, `${name}: ${statuses.join(', ')}`)
  }
  await checkHealth(gateway)
}

test('heads that arrive too slowly are given up', TIMEOUT, async (context) => {
  // One of its own: to the others a quarter of a second would be too slow as well.
  const { asked, restore } = scaleServerTimes(SCALE)
  const hurried = await openHostile()
  restore()
  context.after(() => hurried.stop())
  assert.ok(asked.every(({ headersTimeout }) => headersTimeout <= 10_000))
  assert.ok(asked.every(({ connectionsCheckingInterval }) => connectionsCheckingInterval <= 2_000))
  for (const head of ['G', 'GET /healthz HTTP/1.1\r\n', 'GET /healthz HTTP/1.1\r\nhost: a\r\nx: '])
    assert.deepEqual(await statusesOf(head, 1, hurried), [408], head)
  await checkHealth(hurried)
})

const BAD_VALUES: Readonly<Record<string, readonly string[]>> = {
  'a bare CR in a value': ['x-a: a\rset-cookie: x=1'],
  'a bare LF in a value': ['x-a: a\nset-cookie: x=1'],
  'a NUL in a value': ['x-a: a\0b'],
  'a folded header': ['x-a: a', ' set-cookie: x=1'],
  'a name with a space': ['x a: b'],
  'a space before the colon': ['transfer-encoding : chunked'],
  'no colon': ['x'],
  'no name': [': x'],
  'two different lengths': ['content-length: 1', 'content-length: 2'],
  'a list of lengths': ['content-length: 1, 2'],
  'a negative length': ['content-length: -1'],
  'a length with a sign': ['content-length: +1'],
  'a hexadecimal length': ['content-length: 0x1'],
  'a length and chunks': ['content-length: 3', 'transfer-encoding: chunked'],
  'chunks twice': ['transfer-encoding: chunked', 'transfer-encoding: chunked'],
  'another coding': ['transfer-encoding: xchunked'],
  'chunks that are not last': ['transfer-encoding: chunked, identity'],
}

for (const [name, lines] of Object.entries(BAD_VALUES)) {
  test(`every route survives ${name}`, TIMEOUT, () => refusedByEveryRoute(lines))
}

test('every route survives chunks that are none', TIMEOUT, async () => {
  for (const chunk of [
    'zz\r\n',
    '-1\r\n',
    'fffffffffffffffff\r\n',
    '1;' + 'e'.repeat(20_000),
    '1\r\nabc',
    '0\r\nx: y\rz\r\n',
  ])
    await onEveryRoute(['content-type: application/json', 'transfer-encoding: chunked', '', chunk])
})

test('every route survives huge headers and too many of them', TIMEOUT, async () => {
  await onEveryRoute([`x-a: ${'a'.repeat(20_000)}`], (statuses, about) =>
    assert.deepEqual(statuses, [431], about),
  )
  await refusedByEveryRoute(Array.from({ length: 3_000 }, (_, index) => `x${index}: 1`))
  // Node drops what is above its number of headers: an answer, not a fault.
  await onEveryRoute(Array.from({ length: 1_500 }, () => 'a: b'))
})

test('a second Authorization header is never a second chance', TIMEOUT, async () => {
  for (const [index, { route, path, name }] of gateway.targets.entries()) {
    if (route.access === 'open') continue
    for (const lines of [
      ['authorization: Bearer rk_wrong', `authorization: Bearer ${gateway.key}`],
      [`authorization: Bearer rk_wrong, Bearer ${gateway.key}`],
      [`authorization: Bearer ${gateway.key} rk_wrong`],
      [`authorization: Basic ${gateway.key}`],
    ]) {
      const head = [`${route.method} ${path} HTTP/1.1`, 'host: a', ...lines, '', ''].join('\r\n')
      const { answers } = await gateway.send({ chunks: [head], from: `127.0.1.${index + 1}` })
      assert.deepEqual(
        answers.map(({ status }) => status),
        [401],
        name,
      )
    }
  }
  await checkHealth(gateway)
})

const REQUEST_HEADERS = [
  'x-request-id: a\tb',
  `x-request-id: ${'a'.repeat(200)}`,
  'x-request-id: <script>',
  'x-request-id: ../../../etc',
  'idempotency-key: "',
  `idempotency-key: ${'k'.repeat(5_000)}`,
  'idempotency-key: \xff\xfe',
  'prefer: wait=1e309',
  'prefer: wait=-1',
  'prefer: wait=99999999999999999999, wait=NaN',
  'if-none-match: "',
  `if-none-match: ${'"a",'.repeat(3_000)}`,
  'range: bytes=0-0',
  'if-range: "',
  'content-type: \xff',
  'accept-encoding: gzip;q=NaN',
  'expect: 100-continue',
  'expect: 200-nonsense',
  'upgrade: websocket',
  'connection: upgrade, close, keep-alive',
  'host: second.test',
  'x-forwarded-for: ::ffff:127.0.0.1, \xff',
  'x-stainless-lang: __proto__',
  'x-stainless-retry-count: 1e9',
  'x-http-method-override: DELETE',
  'x-original-url: /v1/keys',
]

test('every route survives absurd values of the headers that it reads', TIMEOUT, async () => {
  for (const line of REQUEST_HEADERS) await onEveryRoute([line, 'content-length: 0'])
})

test('every path survives methods that it does not know', TIMEOUT, async () => {
  const methods = [
    'PUT',
    'OPTIONS',
    'TRACE',
    'CONNECT',
    'PROPFIND',
    'PURGE',
    'SOURCE',
    'FOO',
    'get',
    'X'.repeat(9_000),
    '',
  ]
  for (const method of methods) {
    for (const { path } of gateway.targets) await statusesOf(headOf(gateway, `${method} ${path}`))
  }
  await checkHealth(gateway)
})

const TARGETS = [
  'http://evil.test/v1/videos',
  'https://evil.test:99999/v1/videos',
  'http://user:password@evil.test/v1/videos',
  'file:///etc/passwd',
  'javascript:alert(1)',
  '//evil.test/v1/videos',
  '/\\evil.test/v1/videos',
  '*',
  'v1/videos',
  'evil.test:80',
  '',
  '/v1//videos',
  '/v1/./videos',
  '/v1/videos/../keys',
  '/v1/%76ideos',
  '/v1/videos#fragment',
  '/v1/videos?',
  '/v1/videos;a=b',
  '/v1/videos%00',
  '/v1/vid\0eos',
  '/\xff\xfe',
  '/%ff%fe',
  '/%',
  `/${'a'.repeat(15_000)}`,
  `/${'../'.repeat(3_000)}`,
]

test('every target that is none gets an answer', TIMEOUT, async () => {
  for (const target of TARGETS) {
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS'])
      await statusesOf(headOf(gateway, `${method} ${target}`))
  }
  await checkHealth(gateway)
})

test('other versions and other protocols', TIMEOUT, async () => {
  for (const { route, path } of gateway.targets) {
    for (const version of [
      'HTTP/1.0',
      'HTTP/0.9',
      'HTTP/2.0',
      'HTTP/9.9',
      'HTTP/1.1 ',
      'http/1.1',
      'ICY/1.0',
      '',
    ])
      await statusesOf(`${route.method} ${path} ${version}\r\nconnection: close\r\n\r\n`)
  }
  const garbage = [
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01',
    '\r\n'.repeat(5_000),
    '\0'.repeat(100),
  ]
  for (const text of garbage) await statusesOf(`${text}\r\n\r\nGET / HTTP/0\r\n\r\n`)
  await checkHealth(gateway)
})

test('a request without a host, or with a wrong one, is answered in JSON', TIMEOUT, async () => {
  for (const { route, path } of gateway.targets) {
    for (const host of [
      [],
      ['host:'],
      ['host: a b'],
      ['host: [::1'],
      ['host: evil.test/path?'],
      ['host: a', 'host: b'],
    ]) {
      const lines = [
        `${route.method} ${path} HTTP/1.1`,
        `authorization: Bearer ${gateway.key}`,
        ...host,
        '',
        '',
      ]
      await statusesOf(lines.join('\r\n'))
    }
  }
  await checkHealth(gateway)
})

test(
  'pipelined requests are answered in order, and garbage behind them ends the connection',
  TIMEOUT,
  async () => {
    const request = headOf(gateway, 'GET /v1/videos?limit=1')
    assert.deepEqual(
      await statusesOf(request.repeat(50), 50),
      Array.from({ length: 50 }, () => 200),
    )
    for (const { route, path, name } of gateway.targets) {
      const first = headOf(gateway, `${route.method} ${path}`, ['content-length: 0'])
      for (const garbage of ['garbage\r\n\r\n', '\0\0\0', 'G'.repeat(100_000)]) {
        const statuses = await statusesOf(first + garbage, 2)
        assert.ok(statuses.length >= 1, name)
      }
    }
    await checkHealth(gateway)
  },
)

test('a body that hides a request is no request', TIMEOUT, async () => {
  const hidden = headOf(gateway, 'GET /v1/keys')
  for (const { route, path } of gateway.targets) {
    const lines = ['content-type: application/json', `content-length: ${hidden.length}`]
    const text = headOf(gateway, `${route.method} ${path}`, lines) + hidden
    const reply = await gateway.send({ chunks: [text], ends: true, answers: 2 })
    assert.ok(reply.answers.length <= 1, `${route.method} ${path}`)
  }
  await checkHealth(gateway)
})
