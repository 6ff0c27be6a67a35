import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { APIError } from 'openai'
import { call, errorOf, openai, postJson, videoOf, type Answer, type Tries } from './client.ts'
import { startGateway, type Gateway } from './start-gateway.ts'

const BASIC = { model: 'wan2.6', prompt: 'a cat' }
const PROJECTS = 'creates reads flight together day'.split(' ')

let gateway: Gateway
const keys = new Map<string, string>()

before(async () => {
  gateway = await startGateway()
  for (const name of PROJECTS) {
    await gateway.reelay.store.createProject({ id: name, name, createdAtMs: 0, limits: {} })
    keys.set(name, await gateway.addKey(name))
  }
})
after(() => gateway.stop())

const keyOf = (project: string): string => keys.get(project) ?? ''

async function limit(project: string, limits: object): Promise<void> {
  const body = JSON.stringify({ limits })
  const headers = { 'content-type': 'application/json' }
  const answer = await call(gateway, 'PATCH', `/v1/projects/${project}`, {
    body,
    headers,
    key: gateway.adminKey,
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
}

function assertC58(answer: Answer): void {
  assert.deepEqual([answer.status, errorOf(answer).code], [429, 'rate_limit_exceeded'])
  assert.match(answer.headers.get('retry-after') ?? '', /^([1-9]|[1-5]\d|60)$/)
}

test('C58 429 of creates: Retry-After in 1..60, whatever the real wait', async () => {
  await limit('creates', { creates_per_minute: 1 })
  assert.equal((await postJson(gateway, BASIC, {}, keyOf('creates'))).status, 200)
  assertC58(await postJson(gateway, BASIC, {}, keyOf('creates')))
  await limit('creates', { creates_per_minute: 0 })
  assertC58(await postJson(gateway, BASIC, {}, keyOf('creates')))
})

test('C58 429 of reads, also of the ones that are answered quickly', async () => {
  const made = await postJson(gateway, BASIC, {}, keyOf('reads'))
  const path = `/v1/videos/${videoOf(made).id}`
  await limit('reads', { reads_per_minute: 3 })
  const answers: Answer[] = []
  for (let looks = 0; looks < 4; looks += 1)
    answers.push(await call(gateway, 'GET', path, { key: keyOf('reads') }))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 429],
  )
  assertC58(answers[3]!)
  assertC58(await call(gateway, 'GET', '/v1/models', { key: keyOf('reads') }))
})

const ENDLESS = { ...BASIC, prompt: 'a cat [up:steps=queued,running:50*]' }

test('C58 429 of in_flight, while a replay is answered; a video that ends makes room', async () => {
  await limit('flight', { in_flight: 1 })
  const headers = { 'idempotency-key': 'flight-1' }
  const create = () => postJson(gateway, ENDLESS, headers, keyOf('flight'))
  const first = videoOf(await create())
  const refused = await postJson(gateway, BASIC, {}, keyOf('flight'))
  assertC58(refused)
  assert.match(errorOf(refused).message, /when one of them ends/)
  assert.deepEqual([(await create()).status, videoOf(await create()).id], [200, first.id])
  await call(gateway, 'POST', `/v1/videos/${first.id}/cancel`, { key: keyOf('flight') })
  await gateway.untilTask(first.id, ({ state }) => state === 'failed')
  assert.equal((await postJson(gateway, BASIC, {}, keyOf('flight'))).status, 200)
})

test('in_flight is exact for creates that come together', async () => {
  await limit('together', { in_flight: 3 })
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => postJson(gateway, ENDLESS, {}, keyOf('together'))),
  )
  assert.equal(answers.filter(({ status }) => status === 200).length, 3)
  for (const answer of answers.filter(({ status }) => status !== 200)) assertC58(answer)
  assert.equal((await gateway.reelay.store.projectUsage('together')).inFlight, 3)
})

test('C58 429 of per_day says when the day ends, and an openai client does not repeat it', async () => {
  await limit('day', { per_day: 1 })
  await postJson(gateway, BASIC, {}, keyOf('day'))
  const answer = await postJson(gateway, BASIC, {}, keyOf('day'))
  assertC58(answer)
  assert.match(errorOf(answer).message, /T00:00:00\.000Z \(UTC\)/)
  const tries: Tries = []
  const client = openai({ ...gateway, key: keyOf('day') }, tries)
  await assert.rejects(
    client.videos.create(BASIC),
    (error) => error instanceof APIError && error.status === 429,
  )
  assert.equal(tries.length, 1)
})

test('C58 429 of failed authentications from one address, and a valid key from there is served', async () => {
  let last = await call(gateway, 'GET', '/v1/videos', { key: 'rk_wrong' })
  let refused = 0
  // One comes back each second: more than sixty are needed where calls are slow.
  for (; last.status === 401 && refused < 600; refused += 1)
    last = await call(gateway, 'GET', '/v1/videos', { key: 'rk_wrong' })
  assert.ok(refused >= 60, `${refused}`)
  assertC58(last)
  assert.equal((await call(gateway, 'GET', '/v1/videos')).status, 200)
})

test('an administrator of a project cannot reach the gateway’s routes or another project’s', async () => {
  const body = JSON.stringify({ name: 'lead', project: 'reads', scopes: ['admin'] })
  const headers = { 'content-type': 'application/json' }
  const made = await call(gateway, 'POST', '/v1/keys', { body, headers, key: gateway.adminKey })
  const key = String(made.body['key'])
  await limit('reads', {})
  const statusOf = async (method: string, path: string, fields?: object): Promise<number> =>
    (
      await call(gateway, method, path, {
        key,
        ...(fields === undefined ? {} : { body: JSON.stringify(fields), headers }),
      })
    ).status
  assert.equal(await statusOf('GET', '/v1/projects/reads'), 200)
  assert.equal(await statusOf('GET', '/v1/projects/day'), 404)
  assert.equal(await statusOf('PATCH', '/v1/projects/reads', { limits: {} }), 403)
  assert.equal(await statusOf('POST', '/v1/projects', { name: 'x' }), 403)
  assert.equal(await statusOf('GET', '/v1/providers'), 403)
  assert.equal(await statusOf('DELETE', '/v1/keys/key_bootstrap'), 404)
  assert.equal(await statusOf('POST', '/v1/keys', { name: 'x', project: 'default' }), 400)
  assert.equal(
    (await call(gateway, 'DELETE', '/v1/keys/key_bootstrap', { key: gateway.adminKey })).status,
    409,
  )
})
