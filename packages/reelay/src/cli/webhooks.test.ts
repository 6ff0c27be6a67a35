import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeliveryAttempt, WebhookDelivery, WebhookEndpoint } from '@reelay/sdk'
import { runProgram } from './program.ts'
import { testGateway, type GatewayReply } from './test-gateway.ts'
import { testIo } from './test-io.ts'

const NOW_SECONDS = 1_790_000_000

const list = (...data: object[]): GatewayReply => ({ json: { object: 'list', data } })

const endpoint = (changes: Partial<WebhookEndpoint> = {}): WebhookEndpoint => ({
  id: 'ep_1',
  object: 'webhook_endpoint',
  url: 'https://app.example.com/hooks',
  description: null,
  events: ['video.completed', 'video.failed', 'video.error'],
  payload: 'full',
  enabled: true,
  disabled_reason: null,
  health: { failures: 0, failing_since: null, paused_until: null },
  created_at: NOW_SECONDS - 90,
  ...changes,
})

const delivery = (changes: Partial<WebhookDelivery> = {}): WebhookDelivery => ({
  id: 'dlv_1',
  object: 'webhook_delivery',
  event_id: 'evt_1_completed',
  type: 'video.completed',
  sequence: 3,
  video: 'video_1',
  endpoint: 'ep_1',
  url: 'https://app.example.com/hooks',
  status: 'delivered',
  attempts: 1,
  next_attempt_at: null,
  created_at: NOW_SECONDS - 60,
  ended_at: NOW_SECONDS - 59,
  ...changes,
})

const failure: DeliveryAttempt = {
  n: 1,
  at: NOW_SECONDS - 60,
  latency_ms: 31,
  status_code: 500,
  error: 'The receiver answered 500.',
  response_body: 'out of\n\u001b[31mdisk',
}

test('endpoints is a table of how each one fares', async () => {
  const paused = { failures: 12, failing_since: NOW_SECONDS - 3_600, paused_until: NOW_SECONDS + 60 }
  await using gateway = await testGateway(() =>
    list(
      endpoint({ events: ['video.queued', 'video.in_progress', ...endpoint().events] }),
      endpoint({ id: 'ep_2', enabled: false, disabled_reason: 'gone' }),
      endpoint({ id: 'ep_3', health: paused }),
      endpoint({ id: 'ep_4', health: { ...paused, paused_until: null } }),
    ),
  )
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['endpoints'], io), 0)
  assert.deepEqual(io.stdout.text.split('\n'), [
    'ID    STATE              EVENTS                    URL',
    'ep_1  enabled            all                       https://app.example.com/hooks',
    'ep_2  disabled (gone)    completed, failed, error  https://app.example.com/hooks',
    'ep_3  paused for 1m 00s  completed, failed, error  https://app.example.com/hooks',
    'ep_4  failing            completed, failed, error  https://app.example.com/hooks',
    '',
  ])
  const json = testIo({ url: gateway.url })
  assert.equal(await runProgram(['endpoints', 'list', '--json'], json), 0)
  assert.equal((JSON.parse(json.stdout.text) as { data: unknown[] }).data.length, 4)
})

test('endpoints create prints the secret alone on standard output', async () => {
  await using gateway = await testGateway(() => ({ json: endpoint({ secret: 'whsec_1' }) }))
  const io = testIo({ url: gateway.url })
  const argv =
    'endpoints create https://app.example.com/hooks -e completed --event video.error --payload thin'
  assert.equal(await runProgram(argv.split(' '), io), 0)
  assert.equal(io.stdout.text, 'whsec_1\n')
  assert.match(io.stderr.text, /^ep_1 made; .*reelay endpoints secret ep_1/)
  assert.deepEqual(JSON.parse(gateway.seen[0]?.body ?? ''), {
    url: 'https://app.example.com/hooks',
    events: ['video.completed', 'video.error'],
    payload: 'thin',
  })
  const wrong = testIo({ url: gateway.url })
  assert.equal(await runProgram(['endpoints', 'create', 'https://x.test', '-e', 'done'], wrong), 2)
  assert.match(wrong.stderr.text, /There is no event done: use queued, .* or all/)
  assert.equal(gateway.seen.length, 1)
})

test('endpoints are changed, enabled, disabled', async () => {
  await using gateway = await testGateway(() => ({ json: endpoint({ description: 'billing' }) }))
  const run = async (line: string): Promise<number> =>
    runProgram(line.split(' '), testIo({ url: gateway.url }))
  assert.equal(await run('endpoints update ep_1 --to https://new.example.com -e all'), 0)
  assert.equal(await run('endpoints enable ep_1'), 0)
  assert.equal(await run('endpoints disable ep_1'), 0)
  assert.equal(await run('endpoints update ep_1'), 2)
  assert.deepEqual(
    gateway.seen.map(({ method, path, body }) => `${method} ${path} ${body}`),
    [
      'PATCH /v1/endpoints/ep_1 {"url":"https://new.example.com","events":["*"]}',
      'PATCH /v1/endpoints/ep_1 {"enabled":true}',
      'PATCH /v1/endpoints/ep_1 {"enabled":false}',
    ],
  )
  const shown = testIo({ url: gateway.url })
  assert.equal(await runProgram(['endpoints', 'get', 'ep_1'], shown), 0)
  assert.match(shown.stdout.text, /^description {2}billing$/m)
})

test('endpoints delete asks where somebody can be asked', async () => {
  await using gateway = await testGateway(() => ({ json: { id: 'ep_1', deleted: true } }))
  const doubtful = testIo({ url: gateway.url, terminal: { columns: 80 } })
  assert.equal(await runProgram(['endpoints', 'delete', 'ep_1'], doubtful), 0)
  assert.equal(doubtful.questions.length, 1)
  assert.equal(gateway.seen.length, 0)
  const sure = testIo({ url: gateway.url, terminal: { columns: 80 } })
  assert.equal(await runProgram(['endpoints', 'delete', 'ep_1', '--yes'], sure), 0)
  assert.equal(sure.stdout.text, 'ep_1  deleted\n')
  const interrupted = testIo({ url: gateway.url, terminal: { columns: 80 }, answer: null })
  assert.equal(await runProgram(['endpoints', 'delete', 'ep_1'], interrupted), 130)
  assert.equal(gateway.seen.length, 1)
})

test('secrets are lines on standard output, and a new one is alone there', async () => {
  const old = { secret: 'whsec_old', created_at: 1, expires_at: NOW_SECONDS + 60 }
  const secrets = list({ secret: 'whsec_new', created_at: 9, expires_at: null }, old)
  await using gateway = await testGateway(({ method, path }) => {
    if (method === 'GET') return secrets
    return { json: path.includes('projects') ? { secret: 'whsec_p' } : endpoint({ secret: 'whsec_e' }) }
  })
  const outputs: [string, string][] = [
    ['endpoints secret ep_1', 'whsec_new\nwhsec_old\n'],
    ['endpoints rotate ep_1 --overlap 1h', 'whsec_e\n'],
    ['webhook-secret', 'whsec_new\nwhsec_old\n'],
    ['webhook-secret --project films --rotate --overlap 0', 'whsec_p\n'],
  ]
  for (const [line, output] of outputs) {
    const io = testIo({ url: gateway.url })
    assert.equal(await runProgram(line.split(' '), io), 0, line)
    assert.equal(io.stdout.text, output)
  }
  assert.deepEqual(
    gateway.seen.map(({ method, path, body }) => `${method} ${path} ${body}`.trimEnd()),
    [
      'GET /v1/endpoints/ep_1/secret',
      'POST /v1/endpoints/ep_1/rotate-secret {"overlap":3600}',
      'GET /v1/projects',
      'GET /v1/projects/default/webhook-secret',
      'POST /v1/projects/films/rotate-webhook-secret {"overlap":0}',
    ],
  )
  const wrong = testIo({ url: gateway.url })
  assert.equal(await runProgram('endpoints rotate ep_1 --overlap soon'.split(' '), wrong), 2)
  assert.match(wrong.stderr.text, /--overlap soon is no length of time/)
})

test('endpoints test waits for the attempt and says what came of it', async () => {
  const sent = delivery({ type: 'webhook.test', video: null, status: 'pending', attempts: 0 })
  const worked = { ...failure, status_code: 200, error: null }
  const ends: [Partial<WebhookDelivery>, number, RegExp][] = [
    [{ status: 'delivered', attempts_log: [worked] }, 0, /delivered: the receiver answered 200 in 31 ms/],
    [{ status: 'pending', attempts_log: [failure] }, 1, /pending: The receiver answered 500/],
    [{ status: 'pending', attempts: 0 }, 1, /not sent yet/],
  ]
  for (const [end, exitCode, said] of ends) {
    await using gateway = await testGateway(({ method }, index) => {
      if (method === 'POST') return { json: sent }
      return { json: index < 3 ? sent : { ...sent, attempts: 1, ...end } }
    })
    const io = testIo({ url: gateway.url })
    assert.equal(await runProgram(['endpoints', 'test', 'ep_1'], io), exitCode)
    assert.match(io.stdout.text, said)
    assert.ok(gateway.seen.length <= 41)
  }
})

const projects = (...ids: string[]): GatewayReply =>
  list(...ids.map((id) => ({ id, name: id, created_at: 0 })))

const secretOf = (id: string): string => `/v1/projects/${id}/webhook-secret`

async function lastPath(known: GatewayReply, line: string): Promise<string | undefined> {
  const secrets = list({ secret: 'whsec_1', created_at: 9, expires_at: null })
  await using gateway = await testGateway(({ path }) => (path === '/v1/projects' ? known : secrets))
  assert.equal(await runProgram(line.split(' '), testIo({ url: gateway.url })), 0)
  return gateway.seen.at(-1)?.path
}

test('webhook-secret is about the project of the key unless it is told another', async () => {
  assert.equal(await lastPath(projects('films'), 'webhook-secret'), secretOf('films'))
  assert.equal(await lastPath(projects('films', 'default', 'music'), 'webhook-secret'), secretOf('default'))
  assert.equal(await lastPath(projects('default'), 'webhook-secret --project films'), secretOf('films'))
  const help = testIo({})
  assert.equal(await runProgram(['webhook-secret', '--help'], help), 0)
  assert.doesNotMatch(help.stdout.text, /default:/)
})

test('endpoints resend takes how long ago, or a time', async () => {
  await using gateway = await testGateway(() => ({ json: { object: 'webhook_resend', resent: 1 } }))
  const run = async (since: string): Promise<[number, string]> => {
    const io = testIo({ url: gateway.url })
    const exitCode = await runProgram(['endpoints', 'resend', 'ep_1', '--since', since], io)
    return [exitCode, io.stdout.text]
  }
  assert.deepEqual(await run('2h'), [0, '1 delivery is on the way again\n'])
  assert.equal((await run('2026-09-21T12:00:00Z'))[0], 0)
  for (const wrong of ['yesterday', '2026-02-30', '2026']) assert.deepEqual(await run(wrong), [2, ''], wrong)
  assert.deepEqual(
    gateway.seen.map(({ body }) => body),
    ['{"since":"2026-09-21T12:13:20.000Z"}', '{"since":"2026-09-21T12:00:00.000Z"}'],
  )
})

test('deliveries are a table, narrower on a narrow terminal', async () => {
  const pending = delivery({
    id: 'dlv_2',
    status: 'pending',
    next_attempt_at: NOW_SECONDS + 300,
    endpoint: null,
  })
  await using gateway = await testGateway(() => ({ json: { data: [pending, delivery()], has_more: true } }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram('deliveries -n 2 --video video_1 --status pending'.split(' '), io), 0)
  assert.deepEqual(io.stdout.text.split('\n'), [
    'ID     STATUS     EVENT            TRIES  NEXT       CREATED  VIDEO    TO',
    'dlv_2  pending    video.completed      1  in 5m 00s  1m ago   video_1  https://app.example.com/hooks',
    'dlv_1  delivered  video.completed      1  -          1m ago   video_1  https://app.example.com/hooks',
    '',
  ])
  assert.match(io.stderr.text, /there are more/)
  assert.equal(gateway.seen[0]?.path, '/v1/deliveries?limit=2&status=pending&video=video_1')
  const narrow = testIo({ url: gateway.url, terminal: { columns: 60 }, env: { NO_COLOR: '1' } })
  assert.equal(await runProgram('deliveries --limit 2'.split(' '), narrow), 0)
  assert.equal(
    narrow.stdout.text.split('\n')[1],
    'dlv_2  pending    video.completed      1  https://app.examp…',
  )
  assert.equal(await runProgram(['deliveries', '--status', 'lost'], testIo({ url: gateway.url })), 2)
})

test('deliveries are read page by page', async () => {
  await using gateway = await testGateway((_request, index) => ({
    json: {
      data: Array.from({ length: index === 0 ? 100 : 20 }, (_, n) => delivery({ id: `dlv_${index}_${n}` })),
      has_more: index === 0,
    },
  }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram('deliveries --limit 150 --json'.split(' '), io), 0)
  const page = JSON.parse(io.stdout.text) as { data: unknown[]; has_more: boolean }
  assert.deepEqual([page.data.length, page.has_more], [120, false])
  assert.deepEqual(
    gateway.seen.map(({ path }) => path),
    ['/v1/deliveries?limit=100', '/v1/deliveries?limit=50&after=dlv_0_99'],
  )
})

test('one delivery is shown with its attempts, and sent again', async () => {
  await using gateway = await testGateway(({ method }) => ({
    json: method === 'GET' ? delivery({ attempts_log: [failure] }) : delivery({ status: 'pending' }),
  }))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['deliveries', 'get', 'dlv_1'], io), 0)
  assert.match(io.stdout.text, /^event id {4}evt_1_completed$/m)
  assert.match(io.stdout.text, /^last error {2}The receiver answered 500\.$/m)
  assert.match(io.stdout.text, /^ {2}1 {2}2026-09-21T14:12:20Z {2}31 ms {2}500 {3}out of \[31mdisk$/m)
  const resent = testIo({ url: gateway.url })
  assert.equal(await runProgram(['deliveries', 'resend', 'dlv_1'], resent), 0)
  assert.equal(resent.stdout.text, 'dlv_1  on the way again\n')
})

test('events is the timeline of a video', async () => {
  const entries = [
    { seq: 1, at: NOW_SECONDS + 0.123, type: 'task.created', data: { request_id: 'req_1' } },
    { seq: 2, at: NOW_SECONDS + 61.5, type: 'task.state', data: { from: 'queued', attempt: 1 } },
  ]
  await using gateway = await testGateway(() => list(...entries))
  const io = testIo({ url: gateway.url })
  assert.equal(await runProgram(['events', 'video_1'], io), 0)
  assert.deepEqual(io.stdout.text.split('\n'), [
    'TIME                       AFTER  EVENT         DETAILS',
    '2026-09-21 14:13:20.123Z   0.0 s  task.created  request_id=req_1',
    '2026-09-21 14:14:21.500Z  61.4 s  task.state    from=queued, attempt=1',
    '',
  ])
  const json = testIo({ url: gateway.url })
  assert.equal(await runProgram(['events', 'video_1', '--json'], json), 0)
  assert.deepEqual(JSON.parse(json.stdout.text), { object: 'list', data: entries })
})
