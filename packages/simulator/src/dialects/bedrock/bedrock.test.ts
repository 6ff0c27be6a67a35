import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { awsHeaders, type AwsSigning } from '../../../test/aws-signer.ts'
import { dialectContract } from '../../../test/dialect-contract.ts'
import type { Reply } from '../../../test/dialect-subject.ts'
import { fieldsOf } from '../../../test/test-client.ts'
import { clipBytes } from '../../clips.ts'
import type { Phase } from '../../phase.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from '../../simulator.ts'

const KEY = 'AKIDEXAMPLE:secret'
const PHASES: Readonly<Record<string, Phase>> = { InProgress: 'running', Completed: 'done', Failed: 'failed' }

const reel = (text: string): object => ({
  taskType: 'TEXT_VIDEO',
  textToVideoParams: { text },
  videoGenerationConfig: { durationSeconds: 6, fps: 24, dimension: '1280x720', seed: 7 },
})

const job = (modelInput: object, more: object = {}): Record<string, unknown> => ({
  modelId: 'amazon.nova-reel-v1:1',
  modelInput,
  outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://my-bucket/videos' } },
  ...more,
})

const askPath = (arn: string): string => `/async-invoke/${encodeURIComponent(arn)}`
const objectPath = (arn: string): string => `/my-bucket/videos/${arn.split('/').at(-1)}/output.mp4`

const phaseOf = ({ status, body }: Reply): Phase | null =>
  status === 200 ? (PHASES[String(fieldsOf(body)['status'])] ?? null) : null

dialectContract({
  dialect: 'bedrock',
  key: KEY,
  wrongKey: 'AKIDEXAMPLE:other',
  credentials: (key, asked, url) =>
    awsHeaders(
      {
        method: asked.method ?? 'GET',
        url,
        ...(asked.json === undefined ? {} : { body: JSON.stringify(asked.json) }),
      },
      { key, service: asked.path.startsWith('/async-invoke') ? 'bedrock' : 's3' },
    ),
  create: (prompt, { token }) => ({
    method: 'POST',
    path: '/async-invoke',
    json: job(reel(prompt), token === undefined ? {} : { clientRequestToken: token }),
  }),
  idOf: ({ body }) => String(fieldsOf(body)['invocationArn']),
  poll: (arn) => ({ path: askPath(arn) }),
  phaseOf,
  content: (arn) => ({ path: objectPath(arn) }),
  hidden: ['queued'],
})

interface Answer {
  readonly status: number
  readonly type: string | undefined
  readonly body: Record<string, unknown>
}

interface Asked {
  readonly json?: object
  readonly signing?: Partial<AwsSigning>
  /** Headers as they are sent instead of the right ones. */
  readonly spoil?: Readonly<Record<string, string>>
}

/** Asks Bedrock, signed as it must be unless `asked` says otherwise. */
async function ask(url: string, path: string, { json, signing, spoil }: Asked = {}): Promise<Answer> {
  const method = json === undefined ? 'GET' : 'POST'
  const body = json === undefined ? undefined : JSON.stringify(json)
  const request = { method, url: url + path, ...(body === undefined ? {} : { body }) }
  const headers = { ...awsHeaders(request, { key: KEY, service: 'bedrock', ...signing }), ...spoil }
  const init = { method, headers: { 'content-type': 'application/json', ...headers } }
  const response = await fetch(url + path, body === undefined ? init : { ...init, body })
  const type = response.headers.get('x-amzn-errortype')?.split(':')[0]
  return { status: response.status, type, body: fieldsOf(await response.json()) }
}

async function started(context: TestContext, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({ dialect: 'bedrock', keys: [KEY], ...options })
  context.after(() => simulator.close())
  return simulator
}

async function invoked(url: string, json: object): Promise<string> {
  const { status, body } = await ask(url, '/async-invoke', { json })
  assert.deepEqual([status, Object.keys(body)], [200, ['invocationArn']], JSON.stringify(body))
  return String(body['invocationArn'])
}

const ARN = /^arn:aws:bedrock:us-east-1:[0-9]{12}:async-invoke\/[a-z0-9]{12}$/u
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/u

test('bedrock: an invocation ends in the folder of its id, behind signatures for S3', async (context) => {
  const { url } = await started(context)
  const arn = await invoked(url, job(reel('a fox'), { clientRequestToken: 'token-1' }))
  assert.match(arn, ARN)
  const { body: running } = await ask(url, askPath(arn))
  assert.deepEqual(
    [running['status'], running['clientRequestToken'], running['endTime']],
    ['InProgress', 'token-1', undefined],
  )
  assert.match(String(running['submitTime']), TIME)
  await ask(url, askPath(arn))
  const { body: done } = await ask(url, askPath(arn))
  assert.deepEqual(
    [done['status'], done['modelArn']],
    ['Completed', 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-reel-v1:1'],
  )
  assert.match(String(done['endTime']), TIME)
  const s3Uri = `s3://my-bucket/videos/${arn.split('/').at(-1)}`
  assert.deepEqual(done['outputDataConfig'], { s3OutputDataConfig: { s3Uri } })
  const object = url + objectPath(arn)
  const get = async (signing: AwsSigning): Promise<Response> =>
    fetch(object, { headers: awsHeaders({ method: 'GET', url: object }, signing) })
  const bytes = await (await get({ key: KEY, service: 's3' })).arrayBuffer()
  assert.ok(clipBytes('mp4').equals(Buffer.from(bytes)))
  for (const [signing, status, code] of [
    [{ key: KEY, service: 'bedrock' }, 400, 'AuthorizationHeaderMalformed'],
    [{ key: 'AKIDEXAMPLE:other', service: 's3' }, 403, 'SignatureDoesNotMatch'],
    [{ key: 'OTHER:secret', service: 's3' }, 403, 'InvalidAccessKeyId'],
    [{ key: KEY, service: 's3', nowMs: Date.now() - 16 * 60_000 }, 403, 'RequestTimeTooSkewed'],
  ] as const) {
    const refused = await get(signing)
    assert.deepEqual([refused.status, /<Code>(.*)<\/Code>/u.exec(await refused.text())?.[1]], [status, code])
  }
  assert.equal((await fetch(object)).status, 403)
})

const spoiled = (name: string, from: RegExp, to: string) => (headers: Readonly<Record<string, string>>) => ({
  [name]: (headers[name] ?? '').replace(from, to),
})

test('bedrock: a signature is made again from what arrives; what is wrong is told', async (context) => {
  const { url } = await started(context)
  const json = job(reel('a fox'))
  const path = '/async-invoke'
  const right = awsHeaders(
    { method: 'POST', url: url + path, body: JSON.stringify(json) },
    { key: KEY, service: 'bedrock' },
  )
  const types: readonly [Asked, string][] = [
    [{ spoil: { authorization: '' } }, 'MissingAuthenticationTokenException'],
    [{ spoil: { authorization: 'Bearer key' } }, 'IncompleteSignatureException'],
    [
      { spoil: spoiled('authorization', /SignedHeaders=host;/u, 'SignedHeaders=')(right) },
      'IncompleteSignatureException',
    ],
    [{ spoil: { 'x-amz-date': 'today' } }, 'IncompleteSignatureException'],
    [{ signing: { service: 's3' } }, 'InvalidSignatureException'],
    [{ signing: { nowMs: Date.now() - 6 * 60_000 } }, 'InvalidSignatureException'],
    [{ signing: { nowMs: Date.now() + 6 * 60_000 } }, 'InvalidSignatureException'],
    [{ signing: { key: 'OTHER:secret' } }, 'UnrecognizedClientException'],
    [{ signing: { key: 'AKIDEXAMPLE:other' } }, 'InvalidSignatureException'],
    [{ spoil: spoiled('authorization', /us-east-1/u, 'eu-west-1')(right) }, 'InvalidSignatureException'],
    // What is signed is not what is sent.
    [{ json: job(reel('a wolf')), spoil: right }, 'InvalidSignatureException'],
  ]
  for (const [asked, type] of types) {
    const answer = await ask(url, path, { json, ...asked })
    assert.deepEqual([answer.status, answer.type], [403, type], JSON.stringify(answer))
  }
  assert.equal((await ask(url, path, { json, signing: { region: 'eu-central-1' } })).status, 200)
  // Escaped names are escaped once more before they are signed.
  const listed = await ask(
    url,
    `${path}?nextToken=${encodeURIComponent(Buffer.from('page:0').toString('base64'))}`,
  )
  assert.equal(listed.status, 200)
})

test('bedrock: failures, unknown words, and a place that is left out', async (context) => {
  const { url } = await started(context)
  const first = async (prompt: string): Promise<Record<string, unknown>> =>
    (await ask(url, askPath(await invoked(url, job(reel(prompt)))))).body
  const failed = await first('[up:steps=failed][up:failed=blocked by our content filters]')
  assert.deepEqual([failed['status'], failed['failureMessage']], ['Failed', 'blocked by our content filters'])
  assert.equal((await first('[up:steps=error][up:error=broken]'))['status'], 'Failed')
  assert.equal((await first('[up:status=Pausing]'))['status'], 'Pausing')
  const done = await first('[up:steps=done][up:no-url]')
  assert.deepEqual([done['status'], done['outputDataConfig']], ['Completed', undefined])
  const other = await first('[up:steps=done][up:url=s3://else/x]')
  assert.deepEqual(other['outputDataConfig'], { s3OutputDataConfig: { s3Uri: 's3://else/x' } })
})

test('bedrock: a token repeats its job, and refuses another one', async (context) => {
  const { url, ledger } = await started(context)
  const one = job(reel('a fox'), { clientRequestToken: 'token-1' })
  assert.equal(await invoked(url, one), await invoked(url, one))
  const other = await ask(url, '/async-invoke', {
    json: job(reel('a wolf'), { clientRequestToken: 'token-1' }),
  })
  assert.deepEqual([other.status, other.type], [400, 'ConflictException'])
  assert.notEqual(await invoked(url, job(reel('a fox'))), await invoked(url, job(reel('a fox'))))
  assert.deepEqual(
    ledger.map(({ accepted, repeated, clientToken }) => [accepted, repeated, clientToken]),
    [
      [true, false, 'token-1'],
      [true, true, 'token-1'],
      [false, false, 'token-1'],
      [true, false, null],
      [true, false, null],
    ],
  )
})

test('bedrock: jobs are listed, the newest first, in pages and by their status', async (context) => {
  const { url } = await started(context)
  const arns: string[] = []
  for (const text of ['one', '[up:steps=done]', 'three']) arns.push(await invoked(url, job(reel(text))))
  await ask(url, askPath(arns[1]!))
  const list = async (query: string): Promise<[unknown[], unknown]> => {
    const { body } = await ask(url, `/async-invoke?${query}`)
    const { asyncInvokeSummaries: summaries, nextToken } = body
    return [
      Array.isArray(summaries) ? summaries.map((item) => fieldsOf(item)['invocationArn']) : [],
      nextToken,
    ]
  }
  const [first, nextToken] = await list('maxResults=2')
  assert.deepEqual(first, [arns[2], arns[1]])
  const next = `maxResults=2&nextToken=${encodeURIComponent(String(nextToken))}`
  assert.deepEqual(await list(next), [[arns[0]], undefined])
  assert.deepEqual(await list('sortOrder=Ascending&sortBy=SubmissionTime'), [arns, undefined])
  assert.deepEqual(await list('statusEquals=Completed'), [[arns[1]], undefined])
  assert.deepEqual(await list(`submitTimeAfter=${encodeURIComponent('2999-01-01T00:00:00Z')}`), [
    [],
    undefined,
  ])
  for (const query of ['maxResults=0', 'maxResults=1001', 'nextToken=x', 'submitTimeBefore=soon'])
    assert.equal((await ask(url, `/async-invoke?${query}`)).type, 'ValidationException')
})

const ray = (more: object): object =>
  job({ prompt: 'a', duration: '5s', ...more }, { modelId: 'luma.ray-v2:0' })
const long = (text: string, durationSeconds: number): object => ({
  taskType: 'MULTI_SHOT_AUTOMATED',
  multiShotAutomatedParams: { text },
  videoGenerationConfig: { durationSeconds },
})
const shots = (...texts: string[]): object => ({
  taskType: 'MULTI_SHOT_MANUAL',
  multiShotManualParams: { shots: texts.map((text) => ({ text })) },
})

const REFUSALS: readonly [body: object, words: RegExp][] = [
  [{}, /^3 validation errors detected: Value at 'modelId'/u],
  [job(reel('a'), { clientRequestToken: 'a b' }), /clientRequestToken/u],
  [job(reel('a'), { outputDataConfig: { s3OutputDataConfig: { s3Uri: 'bucket' } } }), /s3Uri/u],
  [job({ textToVideoParams: { text: 'a' } }), /taskType is required/u],
  [job({ taskType: 'IMAGE' }), /taskType: IMAGE/u],
  [job(reel('')), /1 to 512 characters/u],
  [job(reel('a'.repeat(513))), /1 to 512 characters/u],
  [job(long('a', 6)), /durationSeconds: 6/u],
  [job(long('a', 126)), /durationSeconds: 126/u],
  [job(shots()), /1 to 20 shots/u],
  [job(shots('a', '')), /1 to 512 characters/u],
  [job(long('a', 12), { modelId: 'amazon.nova-reel-v1:0' }), /taskType: MULTI_SHOT_AUTOMATED/u],
  [ray({ prompt: '' }), /1 to 5000 characters/u],
  [ray({ duration: '6s' }), /duration: 6s/u],
  [ray({ aspect_ratio: '2:1' }), /aspect_ratio: 2:1/u],
]

test('bedrock: what a create gets wrong is told, and makes nothing', async (context) => {
  const { url, ledger } = await started(context, {
    models: ['amazon.nova-reel-v1:0', 'amazon.nova-reel-v1:1', 'luma.ray-v2:0'],
  })
  for (const [json, words] of REFUSALS) {
    const { status, type, body } = await ask(url, '/async-invoke', { json })
    assert.deepEqual([status, type], [400, 'ValidationException'], JSON.stringify(json))
    assert.match(String(body['message']), words)
  }
  const unserved = await ask(url, '/async-invoke', { json: job(reel('a'), { modelId: 'amazon.none' }) })
  assert.match(String(unserved.body['message']), /model identifier is invalid/u)
  assert.equal(
    ledger.some(({ accepted }) => accepted),
    false,
  )
  for (const json of [job(long('a', 12)), job(shots('a', 'b')), ray({ aspect_ratio: '16:9' })])
    await invoked(url, json)
  assert.deepEqual(
    ledger.filter(({ accepted }) => accepted).map(({ prompt }) => prompt),
    ['a', 'a\nb', 'a'],
  )
})

test('bedrock: errors have the names of its exceptions', async (context) => {
  const simulator = await started(context)
  const { url } = simulator
  const missing = await ask(url, askPath('arn:aws:bedrock:us-east-1:123456789012:async-invoke/none'))
  assert.deepEqual([missing.status, missing.type], [400, 'ValidationException'])
  for (const [name, type] of [
    ['429', 'ThrottlingException'],
    ['403', 'AccessDeniedException'],
    ['500', 'InternalServerException'],
    ['503', 'ServiceUnavailableException'],
  ] as const) {
    simulator.fault({ point: 'create', fault: name })
    const { status, type: told } = await ask(url, '/async-invoke', { json: job(reel('a')) })
    assert.deepEqual([status, told], [Number(name), type])
  }
  const object = `${url}${objectPath(await invoked(url, job(reel('a'))))}`
  simulator.fault({ point: 'content', fault: '503' })
  const headers = awsHeaders({ method: 'GET', url: object }, { key: KEY, service: 's3' })
  const storage = await fetch(object, { headers })
  assert.deepEqual([storage.status, /<Code>(.*)<\/Code>/u.exec(await storage.text())?.[1]], [503, 'SlowDown'])
  const quota = job(reel('[up:create=400][up:failed-code=ServiceQuotaExceededException]'))
  assert.equal((await ask(url, '/async-invoke', { json: quota })).type, 'ServiceQuotaExceededException')
  assert.equal((await ask(url, '/async-invoke', { json: job(reel('a')) })).status, 200)
})
