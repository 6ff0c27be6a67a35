import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import type { CallbackRecord } from '../../callback-record.ts'
import type { Phase } from '../../phase.ts'
import { listField, recordField, textField } from '../../request.ts'
import type { Secrets } from '../../secrets.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'
import { jobSecret } from './callback.ts'

const PHASES: Readonly<Record<string, Phase>> = {
  pending: 'running',
  completed: 'done',
  error: 'failed',
  cancelled: 'cancelled',
}

const MODEL_HEADERS = {
  'ai-model-id': 'klingai/kling-v2.6-t2v',
  'ai-video-model-specification-version': '4',
  'ai-gateway-protocol-version': '0.0.1',
  'ai-gateway-auth-method': 'api-key',
}

const statusAsk = (id: string): { method: string; path: string; json: object } => ({
  method: 'POST',
  path: '/v4/ai/video-model/status',
  json: { operation: { id, provider: 'klingai' } },
})

function phaseOf({ status, body }: Reply): Phase | null {
  return status === 200 ? (PHASES[String(fieldsOf(body)['status'])] ?? null) : null
}

/** As its page on batches says it is verified. */
function isSigned({ headers, body, taskId }: CallbackRecord, secrets: Secrets): boolean {
  const [, seconds, digest] =
    /^t=(\d+),v1=([0-9a-f]{64})$/u.exec(headers['x-ai-gateway-signature'] ?? '') ?? []
  const wanted = createHmac('sha256', jobSecret(taskId, secrets)).update(`${seconds}.${body}`).digest('hex')
  const { jobId, status } = recordField(fieldsOf(JSON.parse(body)), 'data')
  const id = headers['x-ai-gateway-idempotency-key']
  return digest === wanted && id === `${String(jobId)}-${String(status)}`
}

dialectContract({
  dialect: 'gateway',
  credentials: (key) => ({ authorization: `Bearer ${key}` }),
  create: (prompt, { token, callbackUrl }) => ({
    method: 'POST',
    path: '/v4/ai/video-model/start',
    headers: { ...MODEL_HEADERS, ...(token === undefined ? {} : { 'idempotency-key': token }) },
    json: { prompt, n: 1, ...(callbackUrl === undefined ? {} : { callbackUrl }) },
  }),
  idOf: ({ body }) => textField(recordField(recordField({ body }, 'body'), 'operation'), 'id'),
  poll: statusAsk,
  phaseOf,
  hidden: ['queued'],
  link: async (id, ask) => {
    const { body } = await ask(statusAsk(id))
    return String(fieldsOf(listField(fieldsOf(body), 'videos')[0])['url'])
  },
  verify: isSigned,
})

interface Opened {
  readonly simulator: Simulator
  readonly post: (
    path: string,
    value: unknown,
    headers?: object,
  ) => Promise<{ status: number; body: Record<string, unknown> }>
}

async function opened(context: TestContext, options: SimulatorOptions = {}): Promise<Opened> {
  const simulator = await startSimulator({ dialect: 'gateway', ...options })
  context.after(() => simulator.close())
  return {
    simulator,
    post: async (path, value, headers = MODEL_HEADERS) => {
      const response = await fetch(`${simulator.url}/v4/ai/video-model${path}`, {
        method: 'POST',
        headers: { authorization: 'Bearer k', 'content-type': 'application/json', ...headers },
        body: typeof value === 'string' ? value : JSON.stringify(value),
      })
      return { status: response.status, body: fieldsOf(await response.json()) }
    },
  }
}

test('gateway: a start tells an operation, and a secret only where it calls back', async (context) => {
  const { post, simulator } = await opened(context)
  const quiet = await post('/start', { prompt: 'a' })
  const { id } = simulator.ledger[0]!
  assert.deepEqual(quiet, {
    status: 202,
    body: {
      operation: { id, provider: 'klingai' },
      warnings: [],
      providerMetadata: { gateway: { asyncJob: { jobId: id } } },
    },
  })
  const called = await post('/start', { prompt: 'a', callbackUrl: 'http://192.0.2.7/hook' })
  const { asyncJob } = recordField(recordField(called.body, 'providerMetadata'), 'gateway')
  const { jobId, webhookSigningSecret: secret } = fieldsOf(asyncJob)
  assert.notEqual(jobId, id)
  assert.equal(secret, jobSecret(String(jobId), simulator.secrets))
})

test('gateway: the same token starts one job, whether a header or an option says it', async (context) => {
  const { post, simulator } = await opened(context)
  const option = { prompt: 'a', providerOptions: { gateway: { idempotencyKey: 't-1' } } }
  const bodies = [
    (await post('/start', option)).body,
    (await post('/start', option)).body,
    (await post('/start', { prompt: 'a' }, { ...MODEL_HEADERS, 'idempotency-key': 't-1' })).body,
  ]
  assert.equal(new Set(bodies.map(({ operation }) => fieldsOf(operation)['id'])).size, 1)
  assert.deepEqual(
    simulator.ledger.map(({ repeated }) => repeated),
    [false, true, true],
  )
})

test('gateway: every end, and what is known of it', async (context) => {
  const { post } = await opened(context)
  const endOf = async (prompt: string): Promise<Record<string, unknown>> => {
    const { body } = await post('/start', { prompt })
    const { providerMetadata: _, ...told } = (await post('/status', { operation: body['operation'] })).body
    return told
  }
  assert.deepEqual(await endOf('[up:steps=failed][up:failed=no]'), { status: 'error', error: 'no' })
  assert.deepEqual(await endOf('[up:steps=error][up:error=no]'), { status: 'error', error: 'no' })
  assert.deepEqual(await endOf('[up:steps=cancelled]'), { status: 'cancelled' })
  assert.deepEqual(await endOf('[up:steps=running]'), { status: 'pending', warnings: [] })
  assert.deepEqual(await endOf('[up:status=reviewing]'), { status: 'reviewing', warnings: [] })
  assert.deepEqual(await endOf('[up:steps=done][up:no-url]'), {
    status: 'completed',
    videos: [],
    warnings: [],
  })
})

test('gateway: what it refuses, by type', async (context) => {
  const { post, simulator } = await opened(context, { keys: ['k'], models: ['klingai/kling-v2.6-t2v'] })
  const typeOf = async (value: unknown, headers: object = MODEL_HEADERS): Promise<unknown[]> => {
    const { status, body } = await post('/start', value, headers)
    const { type, param } = fieldsOf(body['error'])
    return [status, type, param]
  }
  const bad = 'invalid_request_error'
  assert.deepEqual(await typeOf({ n: 1 }), [400, bad, 'prompt'])
  assert.deepEqual(await typeOf({ prompt: 'a', n: 0 }), [400, bad, 'n'])
  assert.deepEqual(await typeOf('{'), [400, bad, null])
  assert.deepEqual(await typeOf({ prompt: 'a' }, {}), [400, bad, 'ai-model-id'])
  const old = { ...MODEL_HEADERS, 'ai-video-model-specification-version': '3' }
  assert.deepEqual(await typeOf({ prompt: 'a' }, old), [400, bad, 'ai-video-model-specification-version'])
  const other = { ...MODEL_HEADERS, 'ai-model-id': 'other/model' }
  assert.deepEqual(await typeOf({ prompt: 'a' }, other), [404, 'model_not_found', null])
  const stranger = { ...MODEL_HEADERS, authorization: 'Bearer x' }
  assert.deepEqual(await typeOf({ prompt: 'a' }, stranger), [401, 'authentication_error', null])
  const missing = await post('/status', { operation: { id: 'vj_none' } })
  assert.deepEqual([missing.status, fieldsOf(missing.body['error'])['type']], [404, 'not_found'])
  assert.ok(simulator.ledger.every(({ accepted }) => !accepted))
})
