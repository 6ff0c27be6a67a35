import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { DEFAULT_LIMITS } from './limit-list.ts'
import { ROUTES } from './routes.ts'
import { startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type SendOptions, type Sent } from './test-request.ts'

let api: TestApp
let gateway: string
let admin: string

beforeEach(async () => {
  const made = { kind: 'made', path: '/b/x.db', bytes: 1, startedAtMs: 0, tookMs: 1 } as const
  api = startTestApp({ projectLimits: DEFAULT_LIMITS }, { backUp: async () => made })
  gateway = api.addKey('default', ['admin'])
  admin = api.addKey('proj_a', ['admin'])
  await api.store.createProject({ id: 'proj_b', name: 'B', createdAtMs: 0, limits: { inFlight: 3 } })
})
afterEach(() => api.close())

const ask = (method: string, path: string, key: string, body?: unknown): Promise<Sent> => {
  const options: SendOptions = body === undefined ? { key } : { key, body }
  return send(api, method, path, options)
}

const refusedAs = (sent: Sent) => [sent.status, errorOf(sent).code]

const seenBy = async (key: string) =>
  ((await ask('GET', '/v1/projects', key)).body['data'] as { id: string }[]).map(({ id }) => id)

const patch = (body: unknown) => ask('PATCH', '/v1/projects/proj_b', gateway, body)

const GATEWAY = {
  creates_per_minute: 1_200,
  reads_per_minute: 60_000,
  in_flight: 10_000,
  per_day: 100_000,
  retention_seconds: null,
}

test('an administrator of a project sees that one, an administrator of the gateway sees all', async () => {
  assert.deepEqual(await seenBy(admin), ['proj_a'])
  assert.deepEqual(await seenBy(gateway), ['default', 'proj_a', 'proj_b'])
})

test('a foreign project equals a missing one', async () => {
  const [theirs, none] = [
    await ask('GET', '/v1/projects/proj_b', admin),
    await ask('GET', '/v1/projects/proj_none', admin),
  ]
  assert.deepEqual(refusedAs(theirs), [404, 'project_not_found'])
  assert.deepEqual(theirs.body, none.body)
  assert.deepEqual(refusedAs(await ask('PATCH', '/v1/projects/proj_none', gateway, {})), [
    404,
    'project_not_found',
  ])
})

test('a project shows the limits in force, its own ones, and its usage', async () => {
  await ask('POST', '/v1/videos', api.addKey('proj_a'), { model: 'wan2.6', prompt: 'x' })
  const own = await ask('GET', '/v1/projects/proj_a', admin)
  assert.deepEqual(
    [own.body['limits'], own.body['own_limits'], own.body['usage']],
    [GATEWAY, {}, { in_flight: 1, created_today: 1 }],
  )
  const other = await ask('GET', '/v1/projects/proj_b', gateway)
  assert.deepEqual(
    [other.body['limits'], other.body['own_limits']],
    [{ ...GATEWAY, in_flight: 3 }, { in_flight: 3 }],
  )
})

test('the limits are replaced as a whole, null is none, and the name stays', async () => {
  const first = await patch({ limits: { per_day: null, creates_per_minute: 5 } })
  assert.equal(first.body['name'], 'B')
  assert.deepEqual(first.body['own_limits'], { per_day: null, creates_per_minute: 5 })
  assert.deepEqual(first.body['limits'], { ...GATEWAY, per_day: null, creates_per_minute: 5 })
  const renamed = await patch({ name: 'C' })
  assert.deepEqual(
    [renamed.body['name'], renamed.body['own_limits']],
    ['C', { per_day: null, creates_per_minute: 5 }],
  )
  assert.deepEqual((await patch({ limits: {} })).body['own_limits'], {})
})

test('videos are kept as long as the project says, but never longer than their records', async () => {
  const retention = { filesMs: 86_400_000, recordsMs: 10 * 86_400_000, logsMs: null }
  const kept = startTestApp({ projectLimits: DEFAULT_LIMITS, retention })
  try {
    const key = kept.addKey('default', ['admin'])
    const path = '/v1/projects/default'
    const inForce = async (own?: number | null) => {
      if (own !== undefined)
        await send(kept, 'PATCH', path, { key, body: { limits: { retention_seconds: own } } })
      const { limits } = (await send(kept, 'GET', path, { key })).body
      return (limits as { retention_seconds: unknown }).retention_seconds
    }
    assert.equal(await inForce(), 86_400)
    assert.equal(await inForce(3_600), 3_600)
    assert.equal(await inForce(null), 864_000)
    assert.equal(await inForce(99 * 86_400), 864_000)
    const refused = await send(kept, 'PATCH', path, { key, body: { limits: { retention_seconds: 60 } } })
    assert.deepEqual(
      [...refusedAs(refused), errorOf(refused).param],
      [400, 'invalid_value', 'limits.retention_seconds'],
    )
  } finally {
    await kept.close()
  }
})

test('limits hold from the answer on', async () => {
  const key = api.addKey('proj_a')
  const create = () => ask('POST', '/v1/videos', key, { model: 'wan2.6', prompt: 'x' })
  assert.equal((await create()).status, 200)
  await ask('PATCH', '/v1/projects/proj_a', gateway, { limits: { creates_per_minute: 0 } })
  assert.equal((await create()).status, 429)
  await ask('PATCH', '/v1/projects/proj_a', gateway, { limits: { creates_per_minute: null, in_flight: 1 } })
  assert.match(errorOf(await create()).message, /under way/)
  await ask('PATCH', '/v1/projects/proj_a', gateway, { limits: { in_flight: 2, per_day: 2 } })
  // What 0 took away comes back at the gateway's rate.
  api.clock.advance(1_000)
  assert.equal((await create()).status, 200)
  assert.deepEqual(api.store.inserts.at(-1)?.limits, { inFlightMax: 2, perDayMax: 2 })
})

test('what cannot be a limit says which field', async () => {
  for (const [limits, param] of [
    [{ creates_per_minute: -1 }, 'limits.creates_per_minute'],
    [{ reads_per_minute: 0 }, 'limits.reads_per_minute'],
    [{ in_flight: 1.5 }, 'limits.in_flight'],
    [{ per_day: '7' }, 'limits.per_day'],
  ] as const) {
    const sent = await ask('PATCH', '/v1/projects/proj_b', gateway, { limits })
    assert.deepEqual([...refusedAs(sent), errorOf(sent).param], [400, 'invalid_value', param])
  }
  const unknown = await ask('PATCH', '/v1/projects/proj_b', gateway, { limits: { per_week: 7 } })
  assert.deepEqual(refusedAs(unknown), [400, 'unknown_parameter'])
})

test('what is the gateway’s needs a key of the default project, and says so', async () => {
  const routes = ROUTES.filter(({ access }) => access === 'gateway').map(
    ({ method, path }) => `${method} ${path}`,
  )
  assert.deepEqual(routes.toSorted(), [
    'GET /v1/providers',
    'PATCH /v1/projects/:id',
    'POST /v1/backups',
    'POST /v1/projects',
  ])
  for (const route of routes) {
    const [method = '', path = ''] = route.split(' ')
    const at = path.replace(':id', 'proj_a')
    const body = method === 'GET' ? undefined : { name: 'x' }
    const sent = await ask(method, at, admin, body)
    assert.deepEqual(refusedAs(sent), [403, 'insufficient_scope'], route)
    assert.match(errorOf(sent).message, /key of the project "default" with the scope "admin"/)
    assert.deepEqual(refusedAs(await ask(method, at, api.addKey('default'), body)), [
      403,
      'insufficient_scope',
    ])
    assert.equal((await ask(method, at, gateway, body)).status, 200, route)
  }
})

test('an administrator of a project gets through to every route of that scope', async () => {
  for (const { method, path, access } of ROUTES) {
    if (access === 'open' || access === 'gateway') continue
    const at = path.replace(/:id.*?(?=\/|$)/, 'none_1')
    const sent = await ask(method, at, admin, method === 'GET' || method === 'DELETE' ? undefined : {})
    assert.ok(![401, 403, 429].includes(sent.status), `${method} ${path}: ${sent.status}`)
  }
})

test('readiness tells its details to administrators of the gateway only', async () => {
  assert.deepEqual((await ask('GET', '/readyz', admin)).body, { status: 'ready' })
  assert.deepEqual((await ask('GET', '/readyz', 'rk_wrong')).body, { status: 'ready' })
  assert.deepEqual((await ask('GET', '/readyz', gateway)).body['detail'], { store: 'ok' })
})

test('each change of a project is a line of the log', async () => {
  const made = await ask('POST', '/v1/projects', gateway, { name: 'new' })
  await ask('PATCH', '/v1/projects/proj_a', gateway, { limits: { in_flight: 2 } })
  const lines = api.lines
    .filter(({ message }) => message === 'administered')
    .map(({ fields }) => fields as Record<string, unknown>)
  assert.deepEqual(
    lines.map(({ action, target, limits }) => [action, target, limits]),
    [
      ['project.created', made.body['id'], undefined],
      ['project.updated', 'proj_a', { inFlight: 2 }],
    ],
  )
  for (const { keyId, request } of lines)
    assert.deepEqual([typeof keyId, typeof request], ['string', 'string'])
})

test('who cancels and who deletes is stored with the wish', async () => {
  const made = await ask('POST', '/v1/videos', admin, { model: 'wan2.6', prompt: 'x' })
  const id = String(made.body['id'])
  const adminId = api.store.keys[1]!.key.id
  const headers = { 'x-request-id': 'my-request-1' }
  await send(api, 'POST', `/v1/videos/${id}/cancel`, { key: admin, headers })
  await send(api, 'DELETE', `/v1/videos/${id}`, { key: admin, headers })
  const by = { keyId: adminId, requestId: 'my-request-1' }
  assert.deepEqual(api.store.wishes, [by, by])
  const [created] = api.store.inserts[0]!.events
  assert.equal(created?.data?.['key_id'], adminId)
  assert.match(String(created?.data?.['request_id']), /^req_/)
})
