import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { hashOfKey } from '../system/hash-of-key.ts'
import { SESSION_MS } from './session-cookie.ts'
import { startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type Sent } from './test-request.ts'

let api: TestApp
let secret: string

beforeEach(() => {
  api = startTestApp()
  secret = api.addKey('proj_a', ['create', 'read', 'content'])
})
afterEach(() => api.close())

const PAGE = { 'x-reelay-dashboard': '1', host: '127.0.0.1:7373' }
const OWN = { ...PAGE, origin: 'http://127.0.0.1:7373', 'sec-fetch-site': 'same-origin' }

type Headers = Record<string, string>

const signInWith = (key: unknown, headers: Headers = OWN, env?: object): Promise<Sent> =>
  send(api, 'POST', '/session', { body: { key }, headers, ...(env === undefined ? {} : { env }) })

async function signedIn(): Promise<Headers> {
  const [cookie = ''] = (await signInWith(secret)).headers.getSetCookie()
  return { ...OWN, cookie: cookie.split(';', 1)[0] ?? '' }
}

const refusedAs = (sent: Sent) => [sent.status, errorOf(sent).code]

test('a key becomes a cookie that no script reads and no other site sends; the key is nowhere in the answer', async () => {
  const sent = await signInWith(secret)
  const [cookie = '', ...more] = sent.headers.getSetCookie()
  assert.equal(sent.status, 200)
  assert.deepEqual(more, [])
  assert.match(cookie, /^reelay_session=v1\.[\w-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/)
  assert.equal(sent.headers.get('cache-control'), 'no-store')
  assert.equal(sent.body['signed_in'], true)
  const text = JSON.stringify(sent.body) + cookie
  assert.equal(text.includes(secret) || text.includes(hashOfKey(secret)), false)
})

test('over HTTPS, to the gateway or to a proxy in front, the cookie never leaves over plain HTTP', async () => {
  const headers = { ...PAGE, origin: 'https://reelay.example', 'sec-fetch-site': 'same-origin' }
  const [cookie = ''] = (await signInWith(secret, headers)).headers.getSetCookie()
  assert.match(cookie, /^__Host-reelay_session=.*; SameSite=Strict; Secure$/)
})

test('a session does what its key may, and no more', async () => {
  const headers = await signedIn()
  assert.equal((await send(api, 'GET', '/v1/videos', { headers })).status, 200)
  const body = { model: 'wan2.6', prompt: 'a boat' }
  const created = await send(api, 'POST', '/v1/videos', { headers, body })
  assert.equal(created.status, 200)
  const refused = await send(api, 'GET', '/v1/keys', { headers })
  assert.deepEqual(refusedAs(refused), [403, 'insufficient_scope'])
  const own = await send(api, 'GET', '/session', { headers })
  assert.deepEqual(own.body['key'], {
    id: api.store.keys[0]!.key.id,
    name: 'test',
    project: 'proj_a',
    scopes: ['create', 'read', 'content'],
    administers_gateway: false,
  })
})

test('a video of another project is as absent as a missing one', async () => {
  const body = { model: 'wan2.6', prompt: 'a boat' }
  const key = api.addKey('default')
  const foreign = await send(api, 'POST', '/v1/videos', { key, body })
  const headers = await signedIn()
  const path = `/v1/videos/${String(foreign.body['id'])}`
  for (const [method, below] of [
    ['GET', ''],
    ['GET', '/events'],
    ['GET', '/content'],
    ['POST', '/cancel'],
    ['DELETE', ''],
  ] as const) {
    const sent = await send(api, method, path + below, { headers })
    assert.deepEqual(refusedAs(sent), [404, 'video_not_found'], `${method} ${below}`)
  }
  assert.equal((await send(api, 'GET', path, { key })).status, 200)
})

test('what another site makes the browser ask is refused, also from the same host', async () => {
  const { cookie = '' } = await signedIn()
  const foreign: Headers[] = [
    { ...OWN, 'sec-fetch-site': 'cross-site' },
    // Another port of the same host: SameSite lets the cookie through.
    { ...OWN, 'sec-fetch-site': 'same-site' },
    { ...PAGE, origin: 'http://127.0.0.1:3000' },
    { ...PAGE, origin: 'null' },
    { host: '127.0.0.1:7373', origin: 'http://127.0.0.1:7373' },
    { ...OWN, 'sec-fetch-site': 'none' },
  ]
  const body = { model: 'wan2.6', prompt: 'a boat' }
  for (const headers of foreign) {
    const sent = await send(api, 'POST', '/v1/videos', { headers: { ...headers, cookie }, body })
    assert.deepEqual(refusedAs(sent), [403, 'cross_site_request'], JSON.stringify(headers))
  }
  assert.equal(api.planned.length, 0)
  for (const site of ['cross-site', 'same-site']) {
    const sent = await send(api, 'GET', '/v1/videos', { headers: { cookie, 'sec-fetch-site': site } })
    assert.deepEqual(refusedAs(sent), [403, 'cross_site_request'])
  }
  // Typed into the address bar, or asked by a page on plain HTTP, where browsers say nothing.
  const typed = await send(api, 'GET', '/v1/videos', { headers: { cookie, 'sec-fetch-site': 'none' } })
  assert.equal(typed.status, 200)
  assert.equal((await send(api, 'GET', '/v1/videos', { headers: { cookie } })).status, 200)
})

test('another site can neither sign a browser in nor out', async () => {
  const cross = { ...OWN, 'sec-fetch-site': 'cross-site' }
  assert.deepEqual(refusedAs(await signInWith(secret, cross)), [403, 'cross_site_request'])
  assert.deepEqual(refusedAs(await signInWith(secret, {})), [403, 'cross_site_request'])
  const { cookie = '' } = await signedIn()
  const out = await send(api, 'DELETE', '/session', { headers: { ...cross, cookie } })
  assert.deepEqual(refusedAs(out), [403, 'cross_site_request'])
})

test('behind a proxy that changes Host, the public address is the page’s origin', async () => {
  const headers = { ...PAGE, host: 'internal:7373', origin: 'https://reelay.example' }
  assert.equal((await signInWith(secret, headers)).status, 200)
})

test('a session ends after twelve hours', async () => {
  const headers = await signedIn()
  api.clock.advance(SESSION_MS - 1)
  assert.equal((await send(api, 'GET', '/v1/videos', { headers })).status, 200)
  api.clock.advance(1)
  assert.deepEqual(refusedAs(await send(api, 'GET', '/v1/videos', { headers })), [401, 'invalid_api_key'])
  assert.deepEqual((await send(api, 'GET', '/session', { headers })).body, {
    object: 'session',
    signed_in: false,
  })
})

test('a session ends with its key', async () => {
  const headers = await signedIn()
  const { key } = api.store.keys[0]!
  await api.store.revokeKey(key.projectId, key.id)
  assert.deepEqual(refusedAs(await send(api, 'GET', '/v1/videos', { headers })), [401, 'invalid_api_key'])
  assert.equal((await send(api, 'GET', '/session', { headers })).body['signed_in'], false)
})

test('a session of a key that expires lasts no longer than the key', async () => {
  const admin = api.addKey('default', ['admin'])
  const made = await send(api, 'POST', '/v1/keys', { key: admin, body: { name: 'short', expires_in: 600 } })
  const sent = await signInWith(made.body['key'])
  assert.match(sent.headers.getSetCookie()[0] ?? '', /; Max-Age=600;/)
  assert.equal(sent.body['expires_at'], Math.floor(api.clock.nowMs() / 1_000) + 600)
})

test('a cookie that was changed or made elsewhere is no session', async () => {
  const { cookie = '' } = await signedIn()
  // In the middle: the last one holds bits that mean nothing.
  const other = cookie[40] === 'A' ? 'B' : 'A'
  const forged = [
    'reelay_session=',
    'reelay_session=v1.AAAA',
    `${cookie.slice(0, 40)}${other}${cookie.slice(41)}`,
    `${cookie}A`,
  ]
  for (const changed of forged) {
    const sent = await send(api, 'GET', '/v1/videos', { headers: { ...OWN, cookie: changed } })
    assert.deepEqual(refusedAs(sent), [401, 'invalid_api_key'], changed)
  }
})

test('a key in the request counts before the cookie', async () => {
  const headers = await signedIn()
  const sent = await send(api, 'GET', '/v1/videos', { headers, key: 'rk_wrong' })
  assert.deepEqual(refusedAs(sent), [401, 'invalid_api_key'])
})

test('wrong keys at the sign-in count like wrong keys elsewhere', async () => {
  const env = { incoming: { socket: { remoteAddress: '192.0.2.1' } } }
  const codes: unknown[] = []
  for (let n = 0; n < 61; n += 1) codes.push(refusedAs(await signInWith('rk_guess', OWN, env)))
  assert.deepEqual(codes[0], [401, 'invalid_api_key'])
  assert.deepEqual(codes.at(-1), [429, 'rate_limit_exceeded'])
  assert.equal((await signInWith(secret, OWN, env)).status, 200)
})

test('a sign-in without a key says what is missing', async () => {
  const sent = await send(api, 'POST', '/session', { body: {}, headers: OWN })
  assert.deepEqual([...refusedAs(sent), errorOf(sent).param], [400, 'missing_required_parameter', 'key'])
})

test('signing out removes the cookie under both of its names', async () => {
  const headers = await signedIn()
  const sent = await send(api, 'DELETE', '/session', { headers })
  assert.deepEqual(
    sent.headers.getSetCookie().map((cookie) => cookie.split(';', 1)[0]),
    ['__Host-reelay_session=', 'reelay_session='],
  )
  assert.equal(sent.body['signed_in'], false)
})

test('the page gets the bytes from here, also where others are sent to the storage', async () => {
  const headers = await signedIn()
  const body = { model: 'wan2.6', prompt: 'a boat' }
  const id = String((await send(api, 'POST', '/v1/videos', { headers, body })).body['id'])
  api.complete(id)
  api.files.linkBase = 'https://storage.example'
  const path = `/v1/videos/${id}/content`
  assert.equal((await send(api, 'GET', path, { key: secret })).status, 302)
  const sent = await send(api, 'GET', path, { headers: { ...headers, range: 'bytes=0-3' } })
  assert.deepEqual([sent.status, sent.bytes.byteLength], [206, 4])
})

test('a signed link opens for a page of the same host that has the cookie too', async () => {
  const headers = await signedIn()
  const body = { model: 'wan2.6', prompt: 'a boat' }
  const id = String((await send(api, 'POST', '/v1/videos', { headers, body })).body['id'])
  api.complete(id)
  const link = new URL(String((await send(api, 'GET', `/v1/videos/${id}`, { headers })).body['video_url']))
  const { cookie = '' } = headers
  const embedded = { cookie, 'sec-fetch-site': 'same-site' }
  const sent = await send(api, 'GET', link.pathname + link.search, { headers: embedded })
  assert.equal(sent.status, 200)
})
