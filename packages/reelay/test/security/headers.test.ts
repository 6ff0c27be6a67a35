import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openGateway, type OpenGateway } from '../e2e/open-gateway.ts'

let gateway: OpenGateway
before(async () => {
  gateway = await openGateway({ REELAY_PROVIDERS: 'local', REELAY_PUBLIC_URL: 'https://reelay.example' })
})
after(() => gateway.stop())

const POLICY = "default-src 'none'; frame-ancestors 'none'"
const ORIGIN = 'https://page.example'

type Asked = { method?: string; body?: string; headers?: Readonly<Record<string, string>> }

async function ask(path: string, init: Asked = {}): Promise<Headers> {
  const response = await fetch(gateway.url + path, {
    ...init,
    headers: { authorization: `Bearer ${gateway.key}`, origin: ORIGIN, ...init.headers },
  })
  await response.arrayBuffer()
  return response.headers
}

async function createId(): Promise<string> {
  const response = await fetch(`${gateway.url}/v1/videos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'local/preview', prompt: 'a boat', seconds: '1' }),
  })
  const { id } = (await response.json()) as { id: string }
  return id
}

const PATHS: readonly [name: string, path: string, init?: Asked][] = [
  ['health', '/healthz'],
  ['a list', '/v1/videos'],
  ['a refusal', '/v1/videos', { method: 'POST', body: '{' }],
  ['an unknown path', '/nowhere'],
  ['a wrong method', '/v1/videos', { method: 'PUT' }],
  ['a missing key', '/v1/videos', { headers: { authorization: '' } }],
  ['the document', '/openapi.json'],
]

for (const [name, path, init] of PATHS) {
  test(`${name} carries the security headers`, async () => {
    const headers = await ask(path, init)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('content-security-policy'), POLICY)
    assert.equal(headers.get('strict-transport-security'), 'max-age=31536000')
    assert.match(headers.get('x-request-id') ?? '', /^req_/)
    assert.equal(headers.get('x-powered-by'), null)
    assert.equal(headers.get('server'), null)
  })
}

const headerNames = (headers: Headers): string[] =>
  [...headers.keys()].filter((name) => !['preference-applied', 'transfer-encoding'].includes(name))

test('the short cut for polling carries the same headers as the long way', async () => {
  const id = await createId()
  const quick = await ask(`/v1/videos/${id}`)
  const long = await ask(`/v1/videos/${id}`, { headers: { prefer: 'wait=0' } })
  assert.deepEqual(headerNames(quick).toSorted(), headerNames(long).toSorted())
  assert.equal(quick.get('content-security-policy'), POLICY)
})

test('the page of the routes lets its own style through and no script', async () => {
  const policy = (await ask('/docs')).get('content-security-policy') ?? ''
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'/)
  assert.ok(!/script-src|unsafe/.test(policy))
})

test('CORS is off: neither an answer nor a preflight lets a page of another origin in', async () => {
  const names = [
    'access-control-allow-origin',
    'access-control-allow-credentials',
    'access-control-allow-headers',
  ]
  const preflight = {
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  }
  for (const headers of [
    await ask('/v1/videos'),
    await ask('/healthz'),
    await ask('/v1/videos', { method: 'OPTIONS', headers: preflight }),
  ]) {
    for (const name of names) assert.equal(headers.get(name), null)
  }
})

test('a gateway that is reached by plain HTTP does not promise TLS', async (t) => {
  const plain = await openGateway({ REELAY_PROVIDERS: 'local' })
  t.after(() => plain.stop())
  const response = await fetch(`${plain.url}/healthz`)
  await response.arrayBuffer()
  assert.equal(response.headers.get('strict-transport-security'), null)
})
