import assert from 'node:assert/strict'
import { test } from 'node:test'
import { json } from '../test/fake-fetch.ts'
import { errorFromAnswer, readAnswer } from './answer.ts'
import type { ReelayApiError, ReelayErrorCode } from './errors.ts'

const errorOf = async (response: Response): Promise<ReelayApiError> =>
  errorFromAnswer(await readAnswer(response, () => Date.parse('2026-11-24T12:00:00Z')))

const envelope = (code: string | null, message = 'why'): unknown => ({
  error: { message, type: 'invalid_request_error', param: 'seconds', code },
})

test('the envelope fills every field', async () => {
  const error = await errorOf(
    json(envelope('invalid_value'), 400, { 'x-request-id': 'req_1', 'retry-after': '3' }),
  )
  assert.deepEqual(
    [
      error.code,
      error.status,
      error.type,
      error.param,
      error.serverCode,
      error.requestId,
      error.retryAfterMs,
    ],
    ['bad_request', 400, 'invalid_request_error', 'seconds', 'invalid_value', 'req_1', 3000],
  )
  assert.equal(error.message, 'HTTP 400: why')
})

test('look-alike envelopes keep their message', async () => {
  const messages: [unknown, string][] = [
    [{ error: 'out of credit' }, 'out of credit'],
    [{ detail: 'Video not found' }, 'Video not found'],
    [{ detail: [{ msg: 'field required' }] }, '[{"msg":"field required"}]'],
    [{ code: 'InvalidParameter', message: 'seconds' }, 'seconds'],
  ]
  for (const [body, message] of messages) {
    assert.equal((await errorOf(json(body, 400))).message, `HTTP 400: ${message}`)
  }
  assert.equal(
    (await errorOf(json({ code: 'InvalidParameter', message: 'x' }, 400))).serverCode,
    'InvalidParameter',
  )
})

test('a page, a redirect and silence say what to check', async () => {
  const page = await errorOf(new Response('<html>404</html>', { status: 404 }))
  assert.match(page.message, /HTML.*check baseURL/)
  const moved = await errorOf(new Response(null, { status: 301, headers: { location: 'https://h/x' } }))
  assert.equal(moved.code, 'unexpected_answer')
  assert.match(moved.message, /redirect to https:\/\/h\/x: check baseURL/)
  assert.match((await errorOf(new Response(null, { status: 502 }))).message, /empty/)
  assert.ok((await errorOf(new Response('x'.repeat(5000), { status: 500 }))).message.length < 400)
})

test('statuses and server codes map to the closed codes, with the right advice on retrying', async () => {
  const cases: [number, string | null, ReelayErrorCode, boolean][] = [
    [400, 'invalid_value', 'bad_request', false],
    [400, 'task_not_exist', 'not_found', false],
    [400, 'operation_not_supported', 'not_supported', false],
    [401, 'invalid_api_key', 'unauthorized', false],
    [402, null, 'quota_exceeded', false],
    [403, null, 'forbidden', false],
    [404, 'video_not_found', 'not_found', false],
    [404, 'video_not_ready', 'not_ready', false],
    [405, null, 'not_supported', false],
    [408, null, 'bad_request', true],
    [409, null, 'conflict', false],
    [410, 'video_expired', 'expired', false],
    [413, 'payload_too_large', 'too_large', false],
    [422, 'idempotency_key_reused', 'bad_request', false],
    [425, null, 'bad_request', true],
    [429, 'rate_limit_exceeded', 'rate_limited', true],
    [429, 'insufficient_quota', 'quota_exceeded', false],
    [500, null, 'server_error', true],
    [500, 'invalid_request', 'server_error', false],
    [501, null, 'not_supported', false],
    [503, 'overloaded', 'server_error', true],
    [524, null, 'server_error', true],
  ]
  for (const [status, serverCode, code, retryable] of cases) {
    const error = await errorOf(json(envelope(serverCode), status))
    assert.deepEqual([error.code, error.retryable], [code, retryable], `${status} ${serverCode}`)
  }
})

test('the server may overrule: x-should-retry, and a conflict that names its end', async () => {
  assert.equal((await errorOf(json(envelope(null), 503, { 'x-should-retry': 'false' }))).retryable, false)
  assert.equal((await errorOf(json(envelope(null), 400, { 'x-should-retry': 'true' }))).retryable, true)
  assert.equal((await errorOf(json(envelope(null), 409, { 'retry-after': '1' }))).retryable, true)
})

test('an unknown task that is named only in the message is found there', async () => {
  const error = await errorOf(json(envelope('', 'task_not_exist (request id: 2026)'), 400))
  assert.equal(error.code, 'not_found')
})

test('an endless answer is cut off', async () => {
  const chunk = new Uint8Array(1024 * 1024)
  let chunks = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      chunks += 1
      controller.enqueue(chunk)
    },
  })
  await assert.rejects(
    readAnswer(new Response(body), () => 0),
    { code: 'unexpected_answer' },
  )
  assert.ok(chunks < 40)
})
