import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test, type TestContext } from 'node:test'
import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
  ConflictException,
  GetAsyncInvokeCommand,
  ListAsyncInvokesCommand,
  StartAsyncInvokeCommand,
  ThrottlingException,
  ValidationException,
  type BedrockRuntimeClientConfig,
  type GetAsyncInvokeCommandOutput,
} from '@aws-sdk/client-bedrock-runtime'
import { awsHeaders } from '../../../test/aws-signer.ts'
import { clipBytes } from '../../clips.ts'
import { startSimulator, type Simulator } from '../../simulator.ts'

const KEY = 'AKIDEXAMPLE:secret'

/** The client's own handler for HTTP/1.1, which the simulator speaks; by itself it wants HTTP/2. */
const { NodeHttpHandler } = createRequire(import.meta.resolve('@aws-sdk/client-bedrock-runtime'))(
  '@smithy/node-http-handler',
) as { NodeHttpHandler: new () => NonNullable<BedrockRuntimeClientConfig['requestHandler']> }

function clientOf(simulator: Simulator, key = KEY, systemClockOffset = 0): BedrockRuntimeClient {
  const [accessKeyId = '', secretAccessKey = ''] = key.split(':')
  return new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint: simulator.url,
    credentials: { accessKeyId, secretAccessKey },
    systemClockOffset,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  })
}

async function started(
  context: TestContext,
): Promise<{ simulator: Simulator; client: BedrockRuntimeClient }> {
  const simulator = await startSimulator({ dialect: 'bedrock', keys: [KEY] })
  const client = clientOf(simulator)
  context.after(async () => {
    client.destroy()
    await simulator.close()
  })
  return { simulator, client }
}

const startOf = (text: string, clientRequestToken?: string): StartAsyncInvokeCommand =>
  new StartAsyncInvokeCommand({
    modelId: 'amazon.nova-reel-v1:1',
    modelInput: {
      taskType: 'TEXT_VIDEO',
      textToVideoParams: { text },
      videoGenerationConfig: { durationSeconds: 6, fps: 24, dimension: '1280x720' },
    },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://my-bucket/videos' } },
    clientRequestToken,
  })

async function begun(client: BedrockRuntimeClient, text: string, token?: string): Promise<string> {
  const { invocationArn } = await client.send(startOf(text, token))
  assert.ok(invocationArn !== undefined)
  return invocationArn
}

async function look(
  client: BedrockRuntimeClient,
  invocationArn: string,
): Promise<GetAsyncInvokeCommandOutput> {
  return client.send(new GetAsyncInvokeCommand({ invocationArn }))
}

test("AWS's client starts an invocation, follows it, and is told where its video is", async (context) => {
  const { simulator, client } = await started(context)
  const arn = await begun(client, 'a fox', 'token-1')
  const seen: unknown[] = []
  for (let polls = 0; polls < 2; polls += 1) seen.push((await look(client, arn)).status)
  const done = await look(client, arn)
  assert.deepEqual([...seen, done.status], ['InProgress', 'InProgress', 'Completed'])
  assert.equal(done.clientRequestToken, 'token-1')
  assert.ok(done.submitTime instanceof Date && done.endTime instanceof Date)
  const { s3Uri = '' } = done.outputDataConfig?.s3OutputDataConfig ?? {}
  const url = `${s3Uri.replace('s3:/', simulator.url)}/output.mp4`
  const headers = awsHeaders({ method: 'GET', url }, { key: KEY, service: 's3' })
  const bytes = await (await fetch(url, { headers })).arrayBuffer()
  assert.ok(clipBytes('mp4').equals(Buffer.from(bytes)))
  assert.deepEqual(
    simulator.ledger.map(({ prompt, id, key, clientToken }) => [prompt, id, key, clientToken]),
    [['a fox', arn, KEY, 'token-1']],
  )
})

test("AWS's client repeats a job by its token, and gives each job one of its own", async (context) => {
  const { simulator, client } = await started(context)
  assert.equal(await begun(client, 'a fox', 'token-1'), await begun(client, 'a fox', 'token-1'))
  await assert.rejects(client.send(startOf('a wolf', 'token-1')), ConflictException)
  assert.notEqual(await begun(client, 'a fox'), await begun(client, 'a fox'))
  assert.equal(new Set(simulator.ledger.map(({ clientToken }) => clientToken)).size, 3)
})

test("AWS's client lists jobs in pages", async (context) => {
  const { client } = await started(context)
  const arns = [await begun(client, 'one'), await begun(client, 'two'), await begun(client, 'three')]
  const pages: (string | undefined)[][] = []
  let nextToken: string | undefined
  do {
    const page = await client.send(
      new ListAsyncInvokesCommand({
        maxResults: 2,
        nextToken,
        submitTimeAfter: new Date(0),
        sortOrder: 'Ascending',
      }),
    )
    pages.push((page.asyncInvokeSummaries ?? []).map(({ invocationArn }) => invocationArn))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  assert.deepEqual(pages, [arns.slice(0, 2), arns.slice(2)])
})

test("AWS's client tells how a job failed, and what was refused", async (context) => {
  const { simulator, client } = await started(context)
  const failed = await look(client, await begun(client, '[up:steps=failed][up:failed=the cat walked away]'))
  assert.deepEqual([failed.status, failed.failureMessage], ['Failed', 'the cat walked away'])
  await assert.rejects(client.send(startOf('')), ValidationException)
  await assert.rejects(client.send(startOf('[up:create=429]')), ThrottlingException)
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:async-invoke/000000000000'
  await assert.rejects(look(client, arn), ValidationException)
  for (const [key, offsetMs, name] of [
    ['AKIDEXAMPLE:other', 0, 'InvalidSignatureException'],
    ['OTHER:secret', 0, 'UnrecognizedClientException'],
    [KEY, -3_600_000, 'InvalidSignatureException'],
  ] as const) {
    const stranger = clientOf(simulator, key, offsetMs)
    await assert.rejects(stranger.send(startOf('a fox')), (error) => {
      assert.ok(error instanceof BedrockRuntimeServiceException)
      assert.deepEqual([error.name, error.$metadata.httpStatusCode], [name, 403])
      return true
    })
    stranger.destroy()
  }
})
