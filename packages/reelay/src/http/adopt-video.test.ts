import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { JobLook, JobReference } from './deps.ts'
import { startTestApp, type TestApp } from './test-deps.ts'
import { errorOf, send, type Sent } from './test-request.ts'

const HOUR_MS = 3_600_000
const PATH = '/v1/videos/adopt'
const BODY = { provider: 'test:one', id: 'job-1' }

let api: TestApp
let admin: string
let look: JobLook
let asked: JobReference[]

const running: JobLook = {
  kind: 'found',
  operation: { providerTaskId: 'job-1' },
  verdict: { kind: 'running', progress: 40.7 },
  deadlineMs: 2 * HOUR_MS,
}

function start(accounts: readonly string[] = ['test:one']): TestApp {
  asked = []
  look = running
  return startTestApp(
    {},
    {
      accountNames: () => accounts,
      lookAtJob: async (job) => {
        asked.push(job)
        return look
      },
    },
  )
}

beforeEach(() => {
  api = start()
  admin = api.addKey('proj_a', ['admin'])
})
afterEach(() => api.close())

const adopt = (body: unknown, headers: Record<string, string> = {}, key = admin): Promise<Sent> =>
  send(api, 'POST', PATH, { key, body, headers })

const refusalOf = (sent: Sent) => [sent.status, errorOf(sent).code, errorOf(sent).param]

test('the answer is a whole video that is under way', async () => {
  const { status, headers, body } = await adopt({
    ...BODY,
    model: 'test/wan2.6',
    prompt: 'a cat',
    metadata: { n: 1 },
    callback_url: 'https://app.example/hook#top',
    deadline: 600,
  })
  assert.equal(status, 200)
  const { id, ...video } = body
  assert.match(String(id), /^video_/)
  assert.equal(headers.get('location'), `/v1/videos/${String(id)}`)
  assert.deepEqual(video, {
    task_id: id,
    object: 'video',
    model: 'test/wan2.6',
    status: 'in_progress',
    progress: 40,
    created_at: api.clock.nowMs() / 1_000,
    completed_at: null,
    expires_at: null,
    prompt: 'a cat',
    size: null,
    seconds: null,
    remixed_from_video_id: null,
    error: null,
    metadata: { n: 1 },
    reelay: { provider: 'test', provider_task_id: 'job-1', warnings: [], attempt: 1 },
  })
  assert.deepEqual(asked, [{ account: 'test:one', id: 'job-1', model: 'wan2.6', endpoint: null }])
  const [insert] = api.store.inserts
  assert.equal(insert?.task.callbackUrl, 'https://app.example/hook')
  assert.equal(insert?.task.deadlineAtMs, api.clock.nowMs() + 600_000)
  assert.equal(insert?.dueAtMs, api.clock.nowMs(), 'the engine looks at once')
  assert.deepEqual(insert?.task.candidates, [], 'nothing is ever submitted for it')
  const [event] = insert?.events ?? []
  assert.equal(event?.kind, 'task.adopted')
  assert.deepEqual(
    [event?.data?.['account'], event?.data?.['provider_task_id'], event?.data?.['request_id']],
    ['test:one', 'job-1', headers.get('x-request-id')],
  )
})

test('what nobody told of the job is absent, not made up', async () => {
  look = { ...running, verdict: { kind: 'waiting' } }
  const { body } = await adopt(BODY)
  assert.deepEqual(
    [body['model'], body['prompt'], body['status'], body['progress']],
    ['test/unknown', null, 'queued', 0],
  )
  assert.equal(api.store.inserts[0]?.task.deadlineAtMs, api.clock.nowMs() + 2 * HOUR_MS)
})

test('a job that is done already is taken too', async () => {
  look = { ...running, verdict: { kind: 'done', outputs: [{ role: 'video', ref: 'r' }] } }
  const { status, body } = await adopt(BODY)
  assert.deepEqual([status, body['status']], [200, 'in_progress'])
})

test('only administrators of the project may', async () => {
  const plain = api.addKey('proj_a')
  assert.deepEqual(refusalOf(await adopt(BODY, {}, plain)).slice(0, 2), [403, 'insufficient_scope'])
  assert.deepEqual(asked, [])
})

test('each look that finds no job has its answer', async () => {
  const untilMs = api.clock.nowMs() + 4_500
  const cases: [JobLook, [number, string, string | null], string | null][] = [
    [{ kind: 'absent' }, [404, 'job_not_found', 'id'], null],
    [{ kind: 'impossible' }, [400, 'operation_not_supported', 'provider'], null],
    [{ kind: 'unclear', reason: 'Give the model.' }, [400, 'invalid_value', 'id'], null],
    [
      { kind: 'unavailable', reason: 'HTTP 429.', retryAfterMs: 7_000 },
      [502, 'provider_unavailable', null],
      '7',
    ],
    [
      { kind: 'unavailable', reason: 'No answer.', retryAfterMs: null },
      [502, 'provider_unavailable', null],
      null,
    ],
    [{ kind: 'paused', untilMs }, [503, 'provider_unavailable', null], '5'],
  ]
  for (const [given, expected, retryAfter] of cases) {
    look = given
    const sent = await adopt(BODY)
    assert.deepEqual(refusalOf(sent), expected, given.kind)
    assert.equal(sent.headers.get('retry-after'), retryAfter, given.kind)
  }
  assert.equal(api.store.tasks.size, 0)
})

test('a body that means nothing is refused before the provider is asked', async () => {
  const cases: [unknown, string, string][] = [
    [{ id: 'x' }, 'missing_required_parameter', 'provider'],
    [{ provider: 'test:one' }, 'missing_required_parameter', 'id'],
    [{ ...BODY, id: ' ' }, 'invalid_value', 'id'],
    [{ ...BODY, seconds: 5 }, 'unknown_parameter', 'seconds'],
    [{ ...BODY, deadline: 59 }, 'invalid_value', 'deadline'],
    [{ ...BODY, provider: 'kling' }, 'invalid_value', 'provider'],
    [{ ...BODY, callback_url: 'https://10.0.0.1/' }, 'invalid_value', 'callback_url'],
    [{ ...BODY, prompt: 'x'.repeat(4_001) }, 'invalid_value', 'prompt'],
    [{ ...BODY, metadata: { text: 'x'.repeat(16_400) } }, 'invalid_value', 'metadata'],
  ]
  for (const [body, code, param] of cases)
    assert.deepEqual(refusalOf(await adopt(body)), [400, code, param], JSON.stringify(body).slice(0, 80))
  assert.deepEqual(asked, [])
})

test('the only account of a provider may be named by the provider', async () => {
  assert.equal((await adopt({ ...BODY, provider: 'test' })).status, 200)
  await api.close()
  api = start(['test:one', 'test:two'])
  admin = api.addKey('proj_a', ['admin'])
  const sent = await adopt({ ...BODY, provider: 'test' })
  assert.deepEqual(refusalOf(sent), [400, 'invalid_value', 'provider'])
  assert.match(errorOf(sent).message, /test:one, test:two/)
})

test('a job that is followed already: its video is named to its own project only', async () => {
  const first = await adopt(BODY)
  const second = await adopt(BODY)
  assert.deepEqual(refusalOf(second), [409, 'job_taken', 'id'])
  assert.match(errorOf(second).message, new RegExp(String(first.body['id'])))
  await api.store.createProject({ id: 'proj_b', name: 'B', createdAtMs: 0, limits: {} })
  const foreign = await adopt(BODY, {}, api.addKey('proj_b', ['admin']))
  assert.deepEqual(refusalOf(foreign), [409, 'job_taken', 'id'])
  assert.doesNotMatch(errorOf(foreign).message, /video_/)
  await api.store.deleteTask('proj_a', String(first.body['id']))
  assert.doesNotMatch(errorOf(await adopt(BODY)).message, /video_/)
})

test('a repetition with its key answers the same video, and asks nobody', async () => {
  const key = { 'idempotency-key': 'k-1' }
  const first = await adopt(BODY, key)
  const again = await adopt({ id: 'job-1', provider: 'test:one' }, key)
  assert.deepEqual([again.status, again.body['id']], [200, first.body['id']])
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  assert.equal(asked.length, 1)
  const other = await adopt({ ...BODY, prompt: 'x' }, key)
  assert.deepEqual(refusalOf(other), [422, 'idempotency_key_reused', 'Idempotency-Key'])
  // Creates have keys of their own.
  const create = await send(api, 'POST', '/v1/videos', {
    key: admin,
    body: { model: 'wan2.6', prompt: 'x' },
    headers: key,
  })
  assert.equal(create.status, 200)
  assert.notEqual(create.body['id'], first.body['id'])
})

test('the limits of the project hold before anybody is asked', async () => {
  await api.store.updateProject('proj_a', { limits: { inFlight: 1 } })
  const key = { 'idempotency-key': 'k-1' }
  assert.equal((await adopt(BODY, key)).status, 200)
  assert.deepEqual(refusalOf(await adopt({ ...BODY, id: 'job-2' })).slice(0, 2), [429, 'rate_limit_exceeded'])
  assert.equal((await adopt(BODY, key)).status, 200, 'a repetition is answered')
  assert.equal(asked.length, 1)
})
