import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { hashOfKey } from '../system/hash-of-key.ts'
import { startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type SendOptions, type Sent } from './test-request.ts'

let api: TestApp
let gateway: string
let admin: string

beforeEach(() => {
  api = startTestApp()
  gateway = api.addKey('default', ['admin'])
  admin = api.addKey('proj_a', ['admin'])
})
afterEach(() => api.close())

const ask = (method: string, path: string, key: string, body?: unknown): Promise<Sent> => {
  const options: SendOptions = body === undefined ? { key } : { key, body }
  return send(api, method, path, options)
}

const refusedAs = (sent: Sent) => [sent.status, errorOf(sent).code, errorOf(sent).param]

const nowSeconds = () => Math.floor(api.clock.nowMs() / 1_000)

const works = async (secret: unknown) => (await ask('GET', '/v1/videos', String(secret))).status === 200

const idOf = (secret: string) => api.store.keys.find(({ hash }) => hash === hashOfKey(secret))!.key.id

const adminLines = () =>
  api.lines
    .filter(({ message }) => message === 'administered')
    .map(({ fields }) => fields as Record<string, unknown>)

test('a key ends after expires_in, or at expires_at; without either it never does', async () => {
  const soon = await ask('POST', '/v1/keys', admin, { name: 'a', expires_in: 60 })
  assert.equal(soon.body['expires_at'], nowSeconds() + 60)
  const later = await ask('POST', '/v1/keys', admin, { name: 'b', expires_at: nowSeconds() + 3_600 })
  assert.equal(later.body['expires_at'], nowSeconds() + 3_600)
  const never = await ask('POST', '/v1/keys', admin, { name: 'c' })
  assert.equal(never.body['expires_at'], null)
  api.clock.advance(60_000)
  assert.deepEqual(
    [await works(soon.body['key']), await works(later.body['key']), await works(never.body['key'])],
    [false, true, true],
  )
})

test('an expiry is one minute to ten years away, and given once', async () => {
  const cases: [object, string][] = [
    [{ expires_in: 59 }, 'expires_in'],
    [{ expires_in: 315_360_001 }, 'expires_in'],
    [{ expires_in: 60.5 }, 'expires_in'],
    [{ expires_at: nowSeconds() + 59 }, 'expires_at'],
    [{ expires_at: nowSeconds() - 1 }, 'expires_at'],
    [{ expires_at: nowSeconds() + 315_360_001 }, 'expires_at'],
    [{ expires_in: 60, expires_at: nowSeconds() + 60 }, 'expires_at'],
  ]
  for (const [fields, param] of cases) {
    const sent = await ask('POST', '/v1/keys', admin, { name: 'x', ...fields })
    assert.deepEqual(refusedAs(sent), [400, 'invalid_value', param], JSON.stringify(fields))
  }
  for (const expires_in of [60, 315_360_000])
    assert.equal((await ask('POST', '/v1/keys', admin, { name: 'x', expires_in })).status, 200)
})

test('the list shows when a key ends and when it was used, and not what it is', async () => {
  const made = await ask('POST', '/v1/keys', admin, { name: 'a', expires_in: 600 })
  const list = await ask('GET', '/v1/keys', admin)
  const [, shown] = list.body['data'] as Record<string, unknown>[]
  assert.deepEqual([shown?.['expires_at'], shown?.['last_used_at']], [nowSeconds() + 600, null])
  assert.equal(JSON.stringify(list.body).includes(String(made.body['key'])), false)
})

test('rotate: the new key may do the same, and the old one goes on for a day', async () => {
  const made = await ask('POST', '/v1/keys', admin, { name: 'ci', scopes: ['read'], profile: 'openai' })
  const id = String(made.body['id'])
  const rotated = await ask('POST', `/v1/keys/${id}/rotate`, admin)
  assert.equal(rotated.status, 200, JSON.stringify(rotated.body))
  for (const name of ['name', 'project', 'scopes', 'profile'])
    assert.deepEqual(rotated.body[name], made.body[name], name)
  assert.deepEqual([rotated.body['replaces'], rotated.body['expires_at']], [id, null])
  assert.notEqual(rotated.body['id'], id)
  assert.equal(rotated.headers.get('cache-control'), 'no-store')
  api.clock.advance(86_399_000)
  assert.deepEqual([await works(made.body['key']), await works(rotated.body['key'])], [true, true])
  api.clock.advance(1_000)
  assert.deepEqual([await works(made.body['key']), await works(rotated.body['key'])], [false, true])
})

test('rotate: without an overlap the old one ends at once; the new one may end too', async () => {
  const made = await ask('POST', '/v1/keys', admin, { name: 'ci' })
  const path = `/v1/keys/${String(made.body['id'])}/rotate`
  for (const overlap of [-1, 2_592_001, 1.5])
    assert.deepEqual(refusedAs(await ask('POST', path, admin, { overlap })), [
      400,
      'invalid_value',
      'overlap',
    ])
  const rotated = await ask('POST', path, admin, { overlap: 0, expires_in: 60 })
  assert.equal(rotated.body['expires_at'], nowSeconds() + 60)
  assert.deepEqual([await works(made.body['key']), await works(rotated.body['key'])], [false, true])
})

test('a project has a thousand live keys at most; then a rotation ends the old one at once', async () => {
  const made = await ask('POST', '/v1/keys', admin, { name: 'ci' })
  const { key: model } = api.store.keys.find(({ key }) => key.id === made.body['id'])!
  const spares = Array.from({ length: 998 }, (_, n) => ({ key: { ...model, id: `k${n}` }, hash: `h${n}` }))
  api.store.keys.push(...spares)
  const surplus = await ask('POST', '/v1/keys', admin, { name: 'one too many' })
  assert.deepEqual(refusedAs(surplus), [409, 'key_limit_reached', null])
  assert.match(errorOf(surplus).message, /Revoke one/)
  const path = `/v1/keys/${String(made.body['id'])}/rotate`
  assert.deepEqual(refusedAs(await ask('POST', path, admin)), [409, 'key_limit_reached', null])
  assert.equal(await works(made.body['key']), true)
  assert.equal((await ask('POST', path, admin, { overlap: 0 })).status, 200)
  assert.equal((await ask('DELETE', '/v1/keys/k0', admin)).status, 200)
  assert.equal((await ask('POST', '/v1/keys', admin, { name: 'fits' })).status, 200)
})

test('the first key is changed by its setting only', async () => {
  const { key } = api.store.keys[0]!
  api.store.keys.push({ key: { ...key, id: 'key_bootstrap' }, hash: 'bootstrap' })
  for (const [method, path] of [
    ['DELETE', '/v1/keys/key_bootstrap'],
    ['POST', '/v1/keys/key_bootstrap/rotate'],
  ] as const) {
    const sent = await ask(method, path, gateway)
    assert.deepEqual(refusedAs(sent), [409, 'bootstrap_key', null])
    assert.match(errorOf(sent).message, /REELAY_API_KEY.*admin\.key/)
    assert.deepEqual(refusedAs(await ask(method, path, admin)), [404, 'key_not_found', null])
  }
})

test('a foreign key equals a missing one', async () => {
  await api.store.createProject({ id: 'proj_b', name: 'B', createdAtMs: 0, limits: {} })
  const foreign = idOf(api.addKey('proj_b'))
  for (const [method, suffix] of [
    ['DELETE', ''],
    ['POST', '/rotate'],
  ] as const) {
    const [theirs, none] = [
      await ask(method, `/v1/keys/${foreign}${suffix}`, admin),
      await ask(method, `/v1/keys/key_none${suffix}`, admin),
    ]
    assert.deepEqual(refusedAs(theirs), [404, 'key_not_found', null])
    assert.deepEqual(theirs.body, none.body)
  }
  const [theirs, none] = [
    await ask('GET', '/v1/keys?project=proj_b', admin),
    await ask('GET', '/v1/keys?project=proj_none', admin),
  ]
  assert.deepEqual(refusedAs(theirs), [404, 'project_not_found', null])
  assert.deepEqual(theirs.body, none.body)
  assert.equal((await ask('DELETE', `/v1/keys/${foreign}`, gateway)).status, 200)
})

test('an administrator of a project sees and makes keys of that project only', async () => {
  await api.store.createProject({ id: 'proj_b', name: 'B', createdAtMs: 0, limits: {} })
  api.addKey('proj_b')
  const projectsOf = async (key: string) => {
    const list = await ask('GET', '/v1/keys', key)
    return new Set((list.body['data'] as { project: string }[]).map(({ project }) => project))
  }
  assert.deepEqual(await projectsOf(admin), new Set(['proj_a']))
  assert.deepEqual(await projectsOf(gateway), new Set(['default', 'proj_a', 'proj_b']))
  const before = api.store.keys.length
  for (const project of ['proj_b', 'default', 'proj_none'])
    assert.deepEqual(refusedAs(await ask('POST', '/v1/keys', admin, { name: 'x', project })), [
      400,
      'invalid_value',
      'project',
    ])
  assert.equal(api.store.keys.length, before)
  assert.equal(
    (await ask('POST', '/v1/keys', admin, { name: 'x', scopes: ['admin'] })).body['project'],
    'proj_a',
  )
  assert.equal(
    (await ask('POST', '/v1/keys', gateway, { name: 'x', project: 'proj_b' })).body['project'],
    'proj_b',
  )
})

test('each change of a key is a line of the log, without a secret', async () => {
  const made = await ask('POST', '/v1/keys', admin, { name: 'ci' })
  const rotated = await ask('POST', `/v1/keys/${String(made.body['id'])}/rotate`, admin)
  await ask('DELETE', `/v1/keys/${String(rotated.body['id'])}`, admin)
  const lines = adminLines()
  assert.deepEqual(
    lines.map(({ action, target, keyId }) => [action, target, keyId]),
    [
      ['key.created', made.body['id'], idOf(admin)],
      ['key.rotated', made.body['id'], idOf(admin)],
      ['key.revoked', rotated.body['id'], idOf(admin)],
    ],
  )
  for (const { request } of lines) assert.match(String(request), /^req_/)
  const text = JSON.stringify(api.lines)
  for (const secret of [admin, made.body['key'], rotated.body['key']])
    assert.equal(text.includes(String(secret)), false)
})
