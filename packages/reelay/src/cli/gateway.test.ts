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

test('keys create prints the secret alone on standard output', async () => {
  const key = { id: 'key_1', object: 'api_key', name: 'ci', project: 'films', created_at: 9, key: 'rk_1' }
  await using gateway = await testGateway(() => ({ json: key }))
  const io = testIo({ url: gateway.url })
  const argv = 'keys create --name ci --project films --scope videos --scope admin'.split(' ')
  assert.equal(await runProgram(argv, io), 0)
  assert.equal(io.stdout.text, 'rk_1\n')
  assert.match(io.stderr.text, /key_1 made/)
  assert.deepEqual(JSON.parse(gateway.seen[0]?.body ?? ''), {
    name: 'ci',
    project: 'films',
    scopes: ['videos', 'admin'],
  })
  assert.equal(await runProgram(['keys', 'create'], testIo({ url: gateway.url })), 2)
})

test('keys list and revoke', async () => {
  const key = { id: 'key_1', object: 'api_key', name: 'ci', project: 'films', created_at: 1_789_913_600 }
  await using gateway = await testGateway(({ method }) =>
    method === 'GET' ? list(key) : { json: { id: 'key_1', deleted: true } },
  )
  const listed = testIo({ url: gateway.url })
  assert.equal(await runProgram(['keys', 'list'], listed), 0)
  assert.match(listed.stdout.text, /^key_1 {2}ci {4}films {4}1d ago {3}never$/m)
  const revoked = testIo({ url: gateway.url })
  assert.equal(await runProgram(['keys', 'revoke', 'key_1'], revoked), 0)
  assert.equal(revoked.stdout.text, 'key_1  revoked\n')
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

test('providers shows who is configured, paused, checked', async () => {
  const accounts = [
    {
      provider: 'fal',
      account: 'fal',
      configured: true,
      paused_until: null,
      in_flight: 3,
      check: { ok: true },
    },
    {
      provider: 'kling',
      account: 'kling:eu',
      configured: true,
      paused_until: 1_790_000_060,
      in_flight: 0,
      check: { ok: false, detail: 'HTTP 402: no credit' },
    },
    { provider: 'luma', account: 'luma', configured: false, paused_until: null, in_flight: 0, check: null },
  ]
  await using gateway = await testGateway(({ path, headers }) =>
    path === '/v1/providers' && headers.authorization === 'Bearer rk_test'
      ? list(...accounts)
      : refusal(403, 'forbidden', 'admin only'),
  )
  const io = testIo({ url: `${gateway.url}/v1/` })
  assert.equal(await runProgram(['providers'], io), 0)
  assert.deepEqual(io.stdout.text.split('\n'), [
    'PROVIDER  ACCOUNT   STATE              IN FLIGHT  CHECK',
    'fal       fal       ready                      3  ok',
    'kling     kling:eu  paused for 1m 00s          0  failed: HTTP 402: no credit',
    'luma      luma      not configured             0  not checked',
    '',
  ])
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
    ['ok node', 'ok gateway', 'ok ready', 'ok key', 'ok models'],
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

test('doctor without a gateway says how to start it', async () => {
  const gateway = await testGateway(() => ({}))
  const { url } = gateway
  await gateway[Symbol.asyncDispose]()
  const io = testIo({ url })
  assert.equal(await runProgram(['doctor'], io), 3)
  assert.match(io.stdout.text, /failed +gateway .*reelay serve/)
})
