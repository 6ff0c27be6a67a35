import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from './program.ts'
import { refusal, testGateway, type GatewayReply } from './test-gateway.ts'
import { testIo } from './test-io.ts'

const list = (...data: object[]): GatewayReply => ({ json: { object: 'list', data } })

const MODEL = {
  id: 'wan2.6',
  object: 'model',
  created: 0,
  owned_by: 'dashscope',
  capabilities: {
    seconds: { min: 5, max: 15, values: [5, 10], default: 5 },
    sizes: [],
    ratios: ['16:9'],
    resolutions: ['720p'],
    inputs: { first_frame: 1, reference: 3 },
    audio: 'optional',
  },
  price: { currency: 'USD', per_second: '0.10', per_video: null },
}

test('models is a table of what each one takes', async () => {
  const bare = { id: 'm', object: 'model', created: 0, owned_by: 'local', capabilities: null, price: null }
  await using gateway = await testGateway(() => list(MODEL, bare))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['models'], io), 0)
  assert.deepEqual(io.stdout.text.split('\n'), [
    'MODEL   PROVIDER   SECONDS  SIZES       INPUTS                     AUDIO     PRICE',
    'wan2.6  dashscope  5, 10    720p, 16:9  reference x3, first_frame  optional  0.10 USD/s',
    'm       local',
    '',
  ])
  const json = testIo({ url: gateway.url })
  assert.equal(await runProgram(['models', '--json'], json), 0)
  assert.deepEqual(JSON.parse(json.stdout.text), { object: 'list', data: [MODEL, bare] })
})

const rate = (resolution: string, perSecond: string) => ({
  resolution,
  per_second: perSecond,
  per_video: null,
})

test('models tells prices with their day, and that they are only what was published', async () => {
  const dated = { as_of: '2026-09-20', source: 'https://p.example/pricing' }
  const steps = [rate('720p', '0.40'), rate('1080p', '0.40'), rate('4k', '0.60')]
  const prices = [
    { currency: 'USD', per_second: null, per_video: null, by_resolution: steps, ...dated },
    { currency: 'USD', per_second: null, per_video: '0.25', ...dated },
  ]
  const models = prices.map((price, index) => ({
    id: `m${index}`,
    object: 'model',
    created: 0,
    owned_by: 'p',
    capabilities: null,
    price,
  }))
  await using gateway = await testGateway(() => list(...models))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['models'], io), 0)
  assert.match(io.stdout.text, /m0 .*720p, 1080p: 0.40 USD\/s; 4k: 0.60 USD\/s \(2026-09-20\)/)
  assert.match(io.stdout.text, /m1 .* 0.25 USD \(2026-09-20\)/)
  assert.match(io.stderr.text, /as published on the day beside them; the provider's bill decides/)
  const json = testIo({ url: gateway.url })
  await runProgram(['models', '--json'], json)
  assert.deepEqual(JSON.parse(json.stdout.text), { object: 'list', data: models })
})

test('keys create prints the secret alone on standard output', async () => {
  const key = { id: 'key_1', object: 'api_key', name: 'ci', project: 'films', created_at: 9, key: 'rk_1' }
  await using gateway = await testGateway(() => ({ json: key }))
  const io = testIo({ url: gateway.url })
  const argv =
    'keys create --name ci --project films --scopes read,content --scopes admin --expires 90d'.split(' ')
  assert.equal(await runProgram(argv, io), 0)
  assert.equal(io.stdout.text, 'rk_1\n')
  assert.match(io.stderr.text, /key_1 made/)
  assert.deepEqual(JSON.parse(gateway.seen[0]?.body ?? ''), {
    name: 'ci',
    project: 'films',
    scopes: ['read', 'content', 'admin'],
    expires_in: 7_776_000,
  })
  assert.equal(await runProgram(['keys', 'create'], testIo({ url: gateway.url })), 2)
})

test('keys list and revoke', async () => {
  const key = {
    id: 'key_1',
    object: 'api_key',
    name: 'ci',
    project: 'films',
    scopes: ['read', 'content'],
    created_at: 1_789_913_600,
    last_used_at: 1_789_999_400,
    expires_at: 1_790_864_000,
  }
  const other = { ...key, id: 'key_2', last_used_at: null, expires_at: null }
  const over = { ...key, id: 'key_3', expires_at: 1_790_000_000 }
  await using gateway = await testGateway(({ method }) =>
    method === 'GET' ? list(key, other, over) : { json: { id: 'key_1', deleted: true } },
  )
  const listed = testIo({ url: gateway.url })
  assert.equal(await runProgram(['keys', 'list'], listed), 0)
  assert.deepEqual(listed.stdout.text.split('\n'), [
    'ID     NAME  PROJECT  SCOPES        CREATED  EXPIRES  LAST USED',
    'key_1  ci    films    read,content  1d ago   in 10d   10m ago',
    'key_2  ci    films    read,content  1d ago   never    never',
    'key_3  ci    films    read,content  1d ago   expired  10m ago',
    '',
  ])
  const revoked = testIo({ url: gateway.url })
  assert.equal(await runProgram(['keys', 'revoke', 'key_1'], revoked), 0)
  assert.equal(revoked.stdout.text, 'key_1  revoked\n')
})

test('keys rotate prints the new secret alone, and which key it replaces', async () => {
  const key = { id: 'key_2', object: 'api_key', name: 'ci', replaces: 'key_1', key: 'rk_2' }
  await using gateway = await testGateway(() => ({ json: key }))
  const io = testIo({ url: gateway.url })
  const argv = 'keys rotate key_1 --overlap 0s --expires 30m'.split(' ')
  assert.equal(await runProgram(argv, io), 0)
  assert.equal(io.stdout.text, 'rk_2\n')
  assert.match(io.stderr.text, /key_2 made in the place of key_1/)
  const [seen] = gateway.seen
  assert.equal(seen?.path, '/v1/keys/key_1/rotate')
  assert.deepEqual(JSON.parse(seen?.body ?? ''), { overlap: 0, expires_in: 1_800 })
  for (const time of ['90', '1.5h', '-1d', '2w'])
    assert.equal(
      await runProgram(['keys', 'rotate', 'key_1', '--overlap', time], testIo({ url: gateway.url })),
      2,
    )
})

test('projects show and limit: what is in force, what is used, and who said so', async () => {
  const project = {
    id: 'project_1',
    object: 'project',
    name: 'films',
    created_at: 9,
    limits: {
      creates_per_minute: 5,
      reads_per_minute: 60_000,
      in_flight: null,
      per_day: 100,
      retention_seconds: 2_592_000,
    },
    own_limits: { creates_per_minute: 5, in_flight: null },
    usage: { in_flight: 3, created_today: 42 },
  }
  await using gateway = await testGateway(() => ({ json: project }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['projects', 'show', 'project_1'], io), 0)
  assert.deepEqual(io.stdout.text.split('\n'), [
    'project_1  films',
    'LIMIT               MOST  USED  SET FOR',
    'creates a minute       5        this project',
    'reads a minute     60000        the gateway',
    'videos under way     off     3  this project',
    'videos a day         100    42  the gateway',
    'videos are kept   30d 0h        the gateway',
    '',
  ])
  const argv = 'projects limit project_1 --creates 5 --in-flight off --retention 7d'.split(' ')
  assert.equal(await runProgram(argv, testIo({ url: gateway.url })), 0)
  const { method, path, body } = gateway.seen[1]!
  assert.deepEqual([method, path], ['PATCH', '/v1/projects/project_1'])
  assert.deepEqual(JSON.parse(body), {
    limits: { creates_per_minute: 5, in_flight: null, retention_seconds: 604_800 },
  })
  assert.equal(await runProgram([...argv, '--retention', 'keep'], testIo({ url: gateway.url })), 0)
  assert.equal(JSON.parse(gateway.seen[2]!.body).limits.retention_seconds, null)
  assert.equal(await runProgram([...argv, '--reads', 'many'], testIo({ url: gateway.url })), 2)
})

test('projects create and list', async () => {
  const project = { id: 'project_1', object: 'project', name: 'films', created_at: 1_789_999_999 }
  await using gateway = await testGateway(({ method }) =>
    method === 'GET' ? list(project) : { json: project },
  )
  const made = testIo({ url: gateway.url })
  assert.equal(await runProgram(['projects', 'create', '--name', 'films'], made), 0)
  assert.equal(made.stdout.text, 'project_1\n')
  const listed = testIo({ url: gateway.url })
  assert.equal(await runProgram(['projects', 'list'], listed), 0)
  assert.match(listed.stdout.text, /^project_1 {2}films {2}1s ago$/m)
})

test('providers shows who is configured, in which order, paused and why, how full, and checked', async () => {
  const fal = {
    provider: 'fal',
    account: 'fal',
    configured: true,
    paused_until: null,
    pause_reason: null,
    in_flight: 3,
    in_flight_max: 20,
    callbacks: true,
    check: { ok: true },
  }
  const kling = {
    ...fal,
    provider: 'kling',
    account: 'kling:eu',
    paused_until: 1_790_000_060,
    pause_reason: 'HTTP 402',
    in_flight: 0,
    in_flight_max: 5,
    callbacks: false,
    check: { ok: false, detail: 'no credit (HTTP 402)' },
  }
  const luma = {
    ...fal,
    provider: 'luma',
    account: 'luma',
    configured: false,
    in_flight: 0,
    in_flight_max: null,
    callbacks: false,
    check: null,
  }
  let body: object = { object: 'list', callback_base: 'https://v.example', data: [fal, kling, luma] }
  await using gateway = await testGateway(({ path, headers }) =>
    path === '/v1/providers' && headers.authorization === 'Bearer rk_test'
      ? { json: body }
      : refusal(403, 'forbidden', 'admin only'),
  )
  const io = testIo({ url: `${gateway.url}/v1/` })
  assert.equal(await runProgram(['providers'], io), 0)
  assert.deepEqual(io.stdout.text.split('\n'), [
    'PROVIDER  ACCOUNT   STATE                        IN FLIGHT  CALLS BACK  CHECK',
    'fal       fal       ready                             3/20  yes         ok',
    'kling     kling:eu  paused for 1m 00s: HTTP 402        0/5  no          failed: no credit (HTTP 402)',
    'luma      luma      not configured                       0  no          not checked',
    '',
  ])
  assert.equal(io.stderr.text, 'addresses to call back begin with https://v.example\n')
  const json = testIo({ url: gateway.url })
  assert.equal(await runProgram(['providers', '--json', '--check'], json), 1)
  assert.deepEqual(JSON.parse(json.stdout.text), body)
  body = { object: 'list', callback_base: null, data: [fal, luma] }
  const good = testIo({ url: gateway.url })
  assert.equal(await runProgram(['providers', '--check'], good), 0, 'what cannot be checked has not failed')
  assert.match(good.stderr.text, /REELAY_PUBLIC_URL/)
  const refused = testIo({ url: gateway.url })
  assert.equal(await runProgram(['providers', '--api-key', 'other'], refused), 6)
  assert.match(refused.stderr.text, /admin only\nhint: this needs a key with the admin scope/)
})

const WELL: Readonly<Record<string, GatewayReply>> = {
  '/healthz': { json: { status: 'ok', version: '0.1.0' } },
  '/readyz': { json: { status: 'ready' } },
  '/v1/models': list(MODEL),
}

test('doctor goes through the checks in their order', async () => {
  await using gateway = await testGateway(({ path }) => WELL[path] ?? { status: 404 })
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['doctor'], io), 0)
  assert.deepEqual(
    io.stdout.text
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/).slice(0, 2).join(' ')),
    ['node', 'gateway', 'ready', 'key', 'storage', 'schema', 'processes', 'media', 'models'].map(
      (name) => `ok ${name}`,
    ),
  )
  assert.match(io.stdout.text, /1 model of dashscope/)
})

test('doctor answers with the first fault', async () => {
  const replies: typeof WELL = { ...WELL, '/v1/models': refusal(401, 'invalid_api_key', 'wrong key') }
  await using wrongKey = await testGateway(({ path }) => replies[path] ?? { status: 404 })
  const io = testIo({ url: wrongKey.url })
  assert.equal(await runProgram(['doctor', '--json'], io), 6)
  assert.deepEqual(JSON.parse(io.stdout.text), {
    ok: false,
    checks: [
      { name: 'node', ok: true, detail: process.version },
      { name: 'gateway', ok: true, detail: `version 0.1.0 answers at ${wrongKey.url}` },
      { name: 'ready', ok: true, detail: 'ready' },
      { name: 'key', ok: true, detail: 'from REELAY_API_KEY' },
      ...['storage', 'schema', 'processes', 'media'].map((name) => ({
        name,
        ok: true,
        detail: 'not told to this key',
      })),
      { name: 'models', ok: false, detail: 'HTTP 401: wrong key' },
    ],
  })

  await using unready = await testGateway(({ path }) =>
    path === '/readyz' ? { status: 503, json: { status: 'migrating' } } : (WELL[path] ?? { status: 404 }),
  )
  const starting = testIo({ url: unready.url })
  assert.equal(await runProgram(['doctor'], starting), 1)
  assert.match(starting.stdout.text, /failed +ready +\/readyz answers 503: migrating/)
})

test('doctor tells of migrations that a newer version has made', async () => {
  const schema = { newest: '0006-moves', newer: ['0099-later'] }
  await using gateway = await testGateway(({ path }) =>
    path === '/readyz' ? { json: { status: 'ready', detail: { schema } } } : (WELL[path] ?? { status: 404 }),
  )
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['doctor'], io), 0)
  assert.match(io.stdout.text, /ok +schema +0006-moves, and of a newer version 0099-later/)
})

test('doctor says that previews and posters are off, a fault only where there is nothing else', async () => {
  let accounts = [{ account: 'fal' }, { account: 'local' }]
  const detail = (): unknown => ({ media: 'node-av (not installed)', accounts })
  await using gateway = await testGateway(({ path }) =>
    path === '/readyz' ? { json: { status: 'ready', detail: detail() } } : (WELL[path] ?? { status: 404 }),
  )
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['doctor'], io), 0)
  assert.match(io.stdout.text, /ok +media +previews and posters are off: node-av \(not installed\)/)
  accounts = [{ account: 'local' }]
  const previewsOnly = testIo({ url: gateway.url })
  assert.equal(await runProgram(['doctor'], previewsOnly), 1)
  assert.match(previewsOnly.stdout.text, /failed +media +previews and posters are off/)
})

test('doctor without a gateway says how to start it', async () => {
  const gateway = await testGateway(() => ({}))
  const { url } = gateway
  await gateway[Symbol.asyncDispose]()
  const io = testIo({ url })
  assert.equal(await runProgram(['doctor'], io), 3)
  assert.match(io.stdout.text, /failed +gateway .*reelay serve/)
})
