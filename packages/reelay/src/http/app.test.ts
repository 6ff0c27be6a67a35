import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { ROUTES } from './routes.ts'
import { startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type Sent } from './test-request.ts'

let api: TestApp
let key: string
let admin: string

beforeEach(() => {
  api = startTestApp()
  key = api.addKey('proj_a')
  admin = api.addKey('default', ['admin'])
})
afterEach(() => api.close())

async function create(fields: object = {}, as = key): Promise<string> {
  const sent = await send(api, 'POST', '/v1/videos', {
    key: as,
    body: { model: 'wan2.6', prompt: 'x', ...fields },
  })
  return String(sent.body['id'])
}

test('no key, a wrong key and a revoked key are 401 with WWW-Authenticate', async () => {
  const revoked = api.addKey('proj_a')
  await api.store.revokeKey(null, api.store.keys.at(-1)!.key.id)
  const attempts: Record<string, string>[] = [
    {},
    { authorization: 'Bearer rk_nope' },
    { authorization: `Bearer ${revoked}` },
    { authorization: `Basic ${key}` },
    { 'api-key': key },
  ]
  for (const headers of attempts) {
    const sent = await send(api, 'GET', '/v1/videos', { headers })
    assert.deepEqual([sent.status, errorOf(sent).code], [401, 'invalid_api_key'])
    assert.match(sent.headers.get('www-authenticate') ?? '', /^Bearer/)
  }
  assert.equal((await send(api, 'GET', `/v1/videos?key=${key}`)).status, 401)
})

test('every route asks for its scope', async () => {
  const id = await create()
  for (const route of ROUTES.filter((candidate) => candidate.access !== 'open')) {
    const path = route.path.replace(/:id.*?(?=\/|$)/, id)
    const other = route.access === 'read' ? 'content' : 'read'
    const sent = await send(api, route.method, path, { key: api.addKey('proj_a', [other]), body: {} }).catch(
      () => send(api, route.method, path, { key: api.addKey('proj_a', [other]) }),
    )
    assert.deepEqual([sent.status, errorOf(sent).code], [403, 'insufficient_scope'], route.path)
  }
})

test('every answer has an id, a version and the security headers', async () => {
  for (const path of ['/healthz', '/v1/videos', '/v1/nope', '/docs', '/openapi.json']) {
    const { headers } = await send(api, 'GET', path)
    assert.match(headers.get('x-request-id') ?? '', /^req_/)
    assert.equal(headers.get('reelay-version'), '9.9.9')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
  }
  const own = await send(api, 'GET', '/healthz', { headers: { 'x-request-id': 'my-request-1' } })
  assert.equal(own.headers.get('x-request-id'), 'my-request-1')
  const odd = await send(api, 'GET', '/healthz', { headers: { 'x-request-id': 'a b' } })
  assert.match(odd.headers.get('x-request-id') ?? '', /^req_/)
})

test('the access log holds no key, no signature and no query', async () => {
  await send(api, 'GET', `/v1/videos/video_${'0'.repeat(26)}/content?exp=1&sig=SECRET`, { key })
  const text = JSON.stringify(api.lines)
  assert.match(text, /"status":401/)
  assert.doesNotMatch(text, /SECRET/)
  assert.equal(text.includes(key), false)
})

test('unknown routes are 404 JSON, known ones with another method 405 with Allow', async () => {
  const unknown = await send(api, 'GET', '/v1/nope', { key })
  assert.deepEqual([unknown.status, errorOf(unknown).code], [404, 'unknown_url'])
  const put = await send(api, 'PUT', '/v1/videos/video_1', { key, body: {} })
  assert.deepEqual([put.status, errorOf(put).code], [405, 'method_not_allowed'])
  assert.equal(put.headers.get('allow'), 'DELETE, GET, HEAD')
  assert.equal((await send(api, 'DELETE', '/v1/videos', { key })).headers.get('allow'), 'GET, HEAD, POST')
  assert.equal(
    (await send(api, 'POST', '/v1/models/local/preview', { key })).headers.get('allow'),
    'GET, HEAD',
  )
})

const idsOf = (sent: Sent): string[] => (sent.body['data'] as { id: string }[]).map((video) => video.id)

test('the list pages by key, through deleted videos, in both orders', async () => {
  const ids: string[] = []
  for (let count = 0; count < 5; count += 1) {
    ids.push(await create())
    api.clock.advance(1_000)
  }
  const list = (query: string): Promise<Sent> => send(api, 'GET', `/v1/videos${query}`, { key })
  assert.deepEqual(idsOf(await list('')), ids.toReversed())
  const first = await list('?limit=2&order=asc')
  assert.deepEqual(
    [first.body['first_id'], first.body['last_id'], first.body['has_more']],
    [ids[0], ids[1], true],
  )
  await send(api, 'DELETE', `/v1/videos/${ids[1]}`, { key })
  assert.deepEqual(idsOf(await list(`?limit=2&order=asc&after=${ids[1]}`)), [ids[2], ids[3]])
  const last = await list(`?limit=2&order=asc&after=${ids[3]}`)
  assert.deepEqual([idsOf(last), last.body['has_more']], [[ids[4]], false])
  assert.deepEqual(idsOf(await send(api, 'GET', '/v1/videos', { key: api.addKey('proj_b') })), [])
})

test('the list filters by status and model', async () => {
  const queued = await create()
  const waiting = await create()
  const running = await create()
  const gone = await create()
  api.store.change(waiting, { state: 'running', providerWaits: true })
  api.store.change(running, { state: 'running' })
  api.store.change(gone, { state: 'error' })
  const listed = async (query: string, headers: Record<string, string> = {}): Promise<string[]> => {
    const sent = await send(api, 'GET', `/v1/videos?order=asc&${query}`, { key, headers })
    return (sent.body['data'] as { id: string }[]).map((video) => video.id).toSorted()
  }
  assert.deepEqual(await listed('status=queued'), [queued, waiting].toSorted())
  assert.deepEqual(await listed('status=in_progress'), [running])
  assert.deepEqual(await listed('status=error'), [gone])
  assert.deepEqual(await listed('status=failed', { 'x-stainless-lang': 'js' }), [gone])
  assert.deepEqual(await listed('status=error', { 'x-stainless-lang': 'js' }), [])
  assert.deepEqual(await listed('model=other'), [])
})

test('bad list parameters name themselves', async () => {
  const cases = { limit: ['0', '101', 'x', ''], order: ['up'], after: ['video_nope'], status: ['done'] }
  for (const [param, values] of Object.entries(cases)) {
    for (const value of values) {
      const sent = await send(api, 'GET', `/v1/videos?${param}=${value}`, { key })
      assert.deepEqual([sent.status, errorOf(sent).param], [400, param], `${param}=${value}`)
    }
  }
})

test('cancel stores the wish; an ended video is answered as it is', async () => {
  const id = await create()
  const sent = await send(api, 'POST', `/v1/videos/${id}/cancel`, { key })
  assert.deepEqual([sent.status, sent.body['status']], [200, 'queued'])
  assert.notEqual(api.store.tasks.get(id)?.cancelRequestedAtMs, null)
  const done = await create()
  api.complete(done)
  const unchanged = await send(api, 'POST', `/v1/videos/${done}/cancel`, { key })
  assert.equal(unchanged.body['status'], 'completed')
  assert.equal((await send(api, 'POST', `/v1/videos/${done}/cancel`, { key: api.addKey('b') })).status, 404)
})

test('delete hides the video and removes what it kept; twice is 404', async () => {
  const id = await create()
  api.complete(id)
  const sent = await send(api, 'DELETE', `/v1/videos/${id}`, { key })
  assert.deepEqual(sent.body, { id, object: 'video.deleted', deleted: true })
  assert.equal(api.files.kept.size, 0)
  assert.equal(api.store.artifacts(id).length, 0)
  assert.equal((await send(api, 'DELETE', `/v1/videos/${id}`, { key })).status, 404)
})

test('remix says why not', async () => {
  const id = await create()
  const remix = (): Promise<Sent> =>
    send(api, 'POST', `/v1/videos/${id}/remix`, { key, body: { prompt: 'again' } })
  const early = await remix()
  assert.deepEqual([early.status, errorOf(early).code], [400, 'video_not_ready'])
  api.complete(id)
  const late = await remix()
  assert.deepEqual([late.status, errorOf(late).code], [400, 'operation_not_supported'])
})

test('models, also those with a slash', async () => {
  const list = await send(api, 'GET', '/v1/models', { key })
  assert.equal((list.body['data'] as unknown[]).length, 1)
  for (const name of ['local/preview', 'local%2Fpreview']) {
    assert.equal((await send(api, 'GET', `/v1/models/${name}`, { key })).body['id'], 'local/preview')
  }
  const missing = await send(api, 'GET', '/v1/models/nope', { key })
  assert.deepEqual([missing.status, errorOf(missing).code], [404, 'model_not_found'])
})

test('keys are made, work, are listed without their secret, and are revoked', async () => {
  const made = await send(api, 'POST', '/v1/keys', { key: admin, body: { name: 'ci', scopes: ['read'] } })
  assert.equal(made.status, 200, JSON.stringify(made.body))
  const secret = String(made.body['key'])
  assert.match(secret, /^rk_[\w-]{43}$/)
  assert.equal((await send(api, 'GET', '/v1/videos', { key: secret })).status, 200)
  assert.equal(await create({}, secret), 'undefined')
  const list = await send(api, 'GET', '/v1/keys', { key: admin })
  assert.equal(JSON.stringify(list.body).includes(secret), false)
  const id = String(made.body['id'])
  assert.equal((await send(api, 'DELETE', `/v1/keys/${id}`, { key: admin })).body['deleted'], true)
  assert.equal((await send(api, 'GET', '/v1/videos', { key: secret })).status, 401)
  assert.equal((await send(api, 'DELETE', `/v1/keys/${id}`, { key: admin })).status, 404)
})

test('what cannot be a key or a project says which field', async () => {
  const cases: [string, unknown, string, string][] = [
    ['/v1/keys', {}, 'missing_required_parameter', 'name'],
    ['/v1/keys', { name: '' }, 'invalid_value', 'name'],
    ['/v1/keys', { name: 'x', scopes: ['root'] }, 'invalid_value', 'scopes.0'],
    ['/v1/keys', { name: 'x', project: 'proj_none' }, 'invalid_value', 'project'],
    ['/v1/keys', { name: 'x', id: 'key_1' }, 'unknown_parameter', 'id'],
    ['/v1/projects', {}, 'missing_required_parameter', 'name'],
  ]
  for (const [path, body, code, param] of cases) {
    const sent = await send(api, 'POST', path, { key: admin, body })
    assert.deepEqual([sent.status, errorOf(sent).code, errorOf(sent).param], [400, code, param])
  }
})

test('a project is made, and a key for it sees only its videos', async () => {
  const project = await send(api, 'POST', '/v1/projects', { key: admin, body: { name: 'B' } })
  const body = { name: 'b', project: project.body['id'] }
  const made = await send(api, 'POST', '/v1/keys', { key: admin, body })
  const id = await create()
  assert.equal((await send(api, 'GET', `/v1/videos/${id}`, { key: String(made.body['key']) })).status, 404)
  const list = await send(api, 'GET', '/v1/projects', { key: admin })
  assert.equal((list.body['data'] as unknown[]).length, 3)
})

test('health tells the version; readiness tells its details to administrators only', async () => {
  assert.deepEqual((await send(api, 'GET', '/healthz')).body, { status: 'ok', version: '9.9.9' })
  assert.deepEqual((await send(api, 'GET', '/readyz')).body, { status: 'ready' })
  assert.deepEqual((await send(api, 'GET', '/readyz', { key })).body, { status: 'ready' })
  assert.deepEqual((await send(api, 'GET', '/readyz', { key: admin })).body['detail'], { store: 'ok' })
})

test('the alias for Azure clients is off unless it is switched on', async () => {
  assert.equal((await send(api, 'GET', '/openai/videos', { headers: { 'api-key': key } })).status, 404)
  const other = startTestApp({ azureAlias: true })
  const secret = other.addKey('proj_a')
  const headers = { 'api-key': secret }
  const sent = await send(other, 'GET', '/openai/videos?api-version=preview', { headers })
  assert.equal(sent.status, 200)
  await other.close()
})
