import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test, type TestContext } from 'node:test'
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  GetAsyncInvokeCommand,
  ListAsyncInvokesCommand,
  StartAsyncInvokeCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { createAwsSigner } from '../../src/providers/aws-signer.ts'
import fixtures from '../../src/providers/bedrock/fixtures/answers.json' with { type: 'json' }
import { createBedrock } from '../../src/providers/bedrock/index.ts'
import type { GuardedRequest } from '../../src/net/guarded-fetch.ts'
import { TestClock } from '../../src/system/test-clock.ts'
import { awsSignatureOf } from './aws-signature.ts'
import { answer, json, startFaultServer } from './fault-server.ts'
import type { Behaviour, Reply, SeenRequest } from './fault-server.ts'
import { inputFile, openSubject, startRequest, type Opened } from './provider-subject.ts'

const ARN = fixtures.started.invocationArn
const REGION = 'us-east-1'
const KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'session_token_1',
}
const SECRET = KEYS.secretAccessKey
const signal = new AbortController().signal

const open = (context: TestContext, behave: Behaviour, outputUri = 's3://bucket'): Promise<Opened> =>
  openSubject(
    context,
    {
      open: ({ baseUrl, guarded, clock }) =>
        createBedrock({ region: REGION, keys: KEYS, outputUri, baseUrl, s3BaseUrl: baseUrl, guarded, clock }),
      model: '',
      accepted: { reply: json(200, {}), operation: { providerTaskId: ARN } },
      refusals: {},
      verdicts: {},
      otherJob: json(200, {}),
      outputs: () => ({}),
    },
    behave,
  )

/** The client's own way over HTTP/1.1, as the gateway speaks it: over HTTP/2 it signs no `host`. */
const { NodeHttpHandler } = createRequire(import.meta.resolve('@aws-sdk/client-bedrock-runtime'))(
  '@smithy/node-http-handler',
) as { NodeHttpHandler: new () => NonNullable<BedrockRuntimeClientConfig['requestHandler']> }

/** The AWS client before a server of its own. */
async function openAws(
  context: TestContext,
  replyTo: (request: SeenRequest) => Reply,
): Promise<{ client: BedrockRuntimeClient; seen: SeenRequest[] }> {
  const aws = await startFaultServer((request, response) => answer(replyTo(request))(request, response))
  const client = new BedrockRuntimeClient({
    region: REGION,
    credentials: KEYS,
    endpoint: aws.baseUrl,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  })
  context.after(async () => {
    client.destroy()
    await aws.close()
  })
  return { client, seen: aws.seen }
}

/** The gateway's own signature of another client's request, at the moment at which that client signed it. */
async function ownSignatureOf({ method, path, headers, body }: SeenRequest): Promise<string | undefined> {
  const [, names = ''] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? []
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'])) ?? []
  const atMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  const sign = createAwsSigner({ service: 'bedrock', region: REGION, keys: KEYS, clock: new TestClock(atMs) })
  const made = ['host', 'x-amz-date', 'x-amz-security-token']
  const signed = names.split(';').filter((name) => !made.includes(name))
  const proof = await sign({
    method,
    url: `http://${headers.host}${path}`,
    headers: Object.fromEntries(signed.map((name) => [name, String(headers[name])])),
    body: body === '' ? null : Buffer.from(body),
  })
  return proof['authorization']
}

const replyOf = ({ method, path }: SeenRequest): Reply => {
  if (method === 'POST') return json(200, fixtures.started)
  return json(200, path.startsWith('/async-invoke/') ? fixtures.done : fixtures.page)
}

test('bedrock: the AWS client and the gateway sign the same request alike', async (context) => {
  const { client, seen } = await openAws(context, replyOf)
  await client.send(
    new StartAsyncInvokeCommand({
      modelId: 'amazon.nova-reel-v1:1',
      modelInput: { taskType: 'TEXT_VIDEO', textToVideoParams: { text: 'ein Ball über dem Tisch' } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket' } },
      clientRequestToken: 'token_1',
    }),
  )
  await client.send(new GetAsyncInvokeCommand({ invocationArn: ARN }))
  const submitTimeAfter = new Date('2026-01-01T00:00:00Z')
  await client.send(new ListAsyncInvokesCommand({ submitTimeAfter, nextToken: 'AQ+/b==' }))
  assert.equal(seen.length, 3)
  for (const request of seen) {
    const { authorization } = request.headers
    assert.equal(authorization, await ownSignatureOf(request))
    assert.equal(authorization, awsSignatureOf(request, SECRET))
  }
})

/** What a request asks for, whoever signed it. */
const told = ({ method, path, body }: SeenRequest): unknown => {
  const [route, query = ''] = path.split('?')
  return { method, route, query: query.split('&').toSorted(), body: body === '' ? null : JSON.parse(body) }
}

test('bedrock: the gateway asks as the AWS client does, by path and body', async (context) => {
  const { client, seen } = await openAws(context, replyOf)
  const { provider, upstream, clock } = await open(context, (request, response) =>
    answer(replyOf(request))(request, response),
  )
  await provider.start(startRequest('amazon.nova-reel-v1:1'))
  await provider.probe({ providerTaskId: ARN }, signal)
  await provider.find?.('token_9', signal)
  const [started] = upstream.seen
  await client.send(new StartAsyncInvokeCommand(JSON.parse(started?.body ?? '')))
  await client.send(new GetAsyncInvokeCommand({ invocationArn: ARN }))
  await client.send(
    new ListAsyncInvokesCommand({
      maxResults: 500,
      sortBy: 'SubmissionTime',
      sortOrder: 'Descending',
      submitTimeAfter: new Date(clock.nowMs() - 7 * 24 * 3_600_000),
    }),
  )
  assert.deepEqual(upstream.seen.map(told), seen.map(told))
})

test('bedrock: what the fixtures say is what the AWS client reads', async (context) => {
  const { client } = await openAws(context, replyOf)
  const { $metadata: _, ...job } = await client.send(new GetAsyncInvokeCommand({ invocationArn: ARN }))
  const { submitTime, lastModifiedTime, endTime, ...same } = fixtures.done
  assert.deepEqual(job, {
    ...same,
    submitTime: new Date(submitTime),
    lastModifiedTime: new Date(lastModifiedTime),
    endTime: new Date(endTime),
  })
  const { asyncInvokeSummaries, nextToken } = await client.send(new ListAsyncInvokesCommand({}))
  assert.equal(asyncInvokeSummaries?.[0]?.clientRequestToken, 'token_9')
  assert.equal(nextToken, fixtures.page.nextToken)
})

test('bedrock: the name of an error is read where the AWS client reads it', async (context) => {
  const reply = json(400, fixtures.errors.quota, {
    'x-amzn-errortype': 'ServiceQuotaExceededException:http://x/',
  })
  const { client } = await openAws(context, () => reply)
  const asked = client.send(new GetAsyncInvokeCommand({ invocationArn: ARN }))
  await assert.rejects(asked, {
    name: 'ServiceQuotaExceededException',
    message: fixtures.errors.quota.message,
  })
})

const CLIP = Buffer.concat([
  Buffer.from([0, 0, 0, 24]),
  Buffer.from('ftypisom\0\0\0\0isomavc1'),
  Buffer.alloc(99),
])

test('bedrock: every request is signed as it is sent, with the time of the clock', async (context) => {
  const { provider, upstream, clock } = await open(context, (request, response) =>
    answer(request.path.endsWith('.mp4') ? { status: 200, body: CLIP } : replyOf(request))(request, response),
  )
  const inputs = [inputFile('first_frame', 'x')]
  await provider.start(startRequest('amazon.nova-reel-v1:1', { inputs }))
  clock.advance(3_600_000)
  await provider.probe({ providerTaskId: ARN }, signal)
  await provider.find?.('token_9', signal)
  await provider.check?.(signal)
  const ref = "s3://my-bucket/a b/ü+(1)!*'~/output.mp4"
  const opened = await provider.open({ role: 'video', ref }, { providerTaskId: ARN }, signal)
  opened.close()
  assert.deepEqual(
    upstream.seen.map(({ path, headers }) => [
      path.split('?')[0],
      headers['x-amz-date'],
      headers['x-amz-security-token'],
    ]),
    [
      ['/async-invoke', '20260921T141320Z', KEYS.sessionToken],
      [`/async-invoke/${encodeURIComponent(ARN)}`, '20260921T151320Z', KEYS.sessionToken],
      ['/async-invoke', '20260921T151320Z', KEYS.sessionToken],
      ['/async-invoke', '20260921T151320Z', KEYS.sessionToken],
      ['/my-bucket/a%20b/%C3%BC%2B%281%29%21%2A%27~/output.mp4', '20260921T151320Z', KEYS.sessionToken],
    ],
  )
  for (const request of upstream.seen) {
    const { authorization } = request.headers
    assert.equal(authorization, awsSignatureOf(request, SECRET))
    const service = request.path.endsWith('.mp4') ? 's3' : 'bedrock'
    assert.match(
      authorization ?? '',
      new RegExp(`Credential=AKIDEXAMPLE/20260921/us-east-1/${service}/aws4_request,`),
    )
    assert.match(authorization ?? '', /SignedHeaders=\S*host;\S*x-amz-date;x-amz-security-token,/)
  }
})

test('bedrock: a bucket is asked at its host, or by path where its name forbids that', async () => {
  const asked: { url: string; authorization: string | undefined; own: string | undefined }[] = []
  const guarded = {
    open: async ({ url, headers, trust }: GuardedRequest): Promise<never> => {
      const own = trust.from === 'provider' ? trust.ownOrigin?.origin : undefined
      asked.push({ url, authorization: headers?.['authorization'], own })
      throw new Error('No network in tests.')
    },
  }
  const clock = new TestClock()
  const provider = createBedrock({
    region: 'eu-west-1',
    keys: KEYS,
    outputUri: 's3://bucket',
    guarded,
    clock,
  })
  for (const ref of ['s3://bucket/a/output.mp4', 's3://my.bucket/a/output.mp4', 'https://x.example/v.mp4']) {
    await assert.rejects(provider.open({ role: 'video', ref }, { providerTaskId: ARN }, signal))
  }
  await provider.stop?.()
  assert.deepEqual(
    asked.map(({ url, own, authorization }) => [url, own, authorization !== undefined]),
    [
      [
        'https://bucket.s3.eu-west-1.amazonaws.com/a/output.mp4',
        'https://bucket.s3.eu-west-1.amazonaws.com',
        true,
      ],
      [
        'https://s3.eu-west-1.amazonaws.com/my.bucket/a/output.mp4',
        'https://s3.eu-west-1.amazonaws.com',
        true,
      ],
      ['https://x.example/v.mp4', 'https://s3.eu-west-1.amazonaws.com', false],
    ],
  )
})

const echo: Behaviour = (request, response) => {
  const message = `The token ${String(request.headers['x-amz-security-token'])} has ended.`
  answer(json(403, { message }, { 'x-amzn-errortype': 'ExpiredTokenException' }))(request, response)
}

test('bedrock: an answer that repeats the token of temporary keys loses it', async (context) => {
  const { provider } = await open(context, echo)
  assert.deepEqual(await provider.start(startRequest('amazon.nova-reel-v1:1')), {
    kind: 'rejected',
    code: 'account',
    detail: 'The token [redacted] has ended. (ExpiredTokenException)',
  })
})
