import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { clipBytes, summarise } from '@reelay/simulator'
import { createBedrock } from '../../src/providers/bedrock/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import { plainRequest, startRequest } from '../contract/provider-subject.ts'
import { presentClock } from './present-clock.ts'
import {
  opened,
  simulatedProviderContract,
  started,
  type SimulatedParts,
  type SimulatedSubject,
} from './simulated-provider-contract.ts'

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
const REGION = 'us-east-1'

function openBedrock(
  { baseUrl, guarded, clock }: SimulatedParts,
  keys = KEYS,
): ReturnType<typeof createBedrock> {
  return createBedrock({
    region: REGION,
    keys,
    outputUri: 's3://my-bucket/videos',
    baseUrl,
    s3BaseUrl: baseUrl,
    guarded,
    clock: presentClock(clock),
  })
}

const SUBJECT: SimulatedSubject = {
  dialect: 'bedrock',
  apiKey: `${KEYS.accessKeyId}:${KEYS.secretAccessKey}`,
  model: 'amazon.nova-reel-v1:1',
  open: (parts) => openBedrock(parts),
  bytes: 'content',
}

simulatedProviderContract(SUBJECT)

const LONG_AGO = { expiresIn: 60, signingDate: new Date(Date.now() - 3_600_000) }

const signal = new AbortController().signal

test('simulated bedrock: a job whose answer was lost is found by its token', async (context) => {
  const { provider, simulator } = await opened(context, SUBJECT)
  const request = { ...plainRequest(SUBJECT.model), prompt: 'a red ball' }
  const start = startRequest(SUBJECT.model, { request, clientToken: 'token_7' })
  simulator.fault({ point: 'create', fault: 'reset-after-accept' })
  await assert.rejects(provider.start(start), SubmitUnknown)
  const [entry] = simulator.ledger
  assert.deepEqual(await provider.find?.('token_7', signal), { providerTaskId: entry?.id })
  assert.equal(await provider.find?.('token_8', signal), 'unsure')
  const again = await provider.start(start)
  assert.ok(again.kind === 'accepted', JSON.stringify(again))
  assert.deepEqual(again.operation, { providerTaskId: entry?.id })
  assert.deepEqual([summarise(simulator.ledger).jobs, summarise(simulator.ledger).repeated], [1, 1])
})

test("simulated bedrock: AWS's client for S3 gets the video from the bucket", async (context) => {
  const open = await opened(context, SUBJECT)
  const operation = await started(open, SUBJECT, '[up:steps=done]')
  const verdict = await open.provider.probe(operation, signal)
  assert.ok(verdict.kind === 'done')
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(verdict.outputs[0]!.ref) ?? []
  const client = new S3Client({
    region: REGION,
    endpoint: open.simulator.url,
    forcePathStyle: true,
    credentials: KEYS,
    maxAttempts: 1,
  })
  context.after(() => client.destroy())
  const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket, Key }))
  assert.equal(ContentType, 'video/mp4')
  assert.ok(clipBytes('mp4').equals(await Body!.transformToByteArray()))
  await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key: 'none.mp4' })), { name: 'NoSuchKey' })
  const link = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key }), { expiresIn: 60 })
  const bytes = await (await fetch(link)).arrayBuffer()
  assert.ok(clipBytes('mp4').equals(Buffer.from(bytes)))
  for (const [spoiled, code] of [
    [link.replace('X-Amz-Expires=60', 'X-Amz-Expires=61'), 'SignatureDoesNotMatch'],
    [link.replace(/X-Amz-Date=\d{8}T\d{6}Z/, 'X-Amz-Date=today'), 'AuthorizationHeaderMalformed'],
    [await getSignedUrl(client, new GetObjectCommand({ Bucket, Key }), LONG_AGO), 'AccessDenied'],
  ] as const) {
    assert.match(await (await fetch(spoiled)).text(), new RegExp(`<Code>${code}</Code>`))
  }
})

test('simulated bedrock: the check knows good keys from wrong ones', async (context) => {
  assert.equal((await (await opened(context, SUBJECT)).provider.check?.(signal))?.ok, true)
  for (const [keys, name] of [
    [{ ...KEYS, secretAccessKey: 'other' }, 'InvalidSignatureException'],
    [{ ...KEYS, accessKeyId: 'OTHER' }, 'UnrecognizedClientException'],
  ] as const) {
    const wrong: SimulatedSubject = { ...SUBJECT, open: (parts) => openBedrock(parts, keys) }
    const check = await (await opened(context, wrong)).provider.check?.(signal)
    assert.deepEqual([check?.ok, check?.detail.includes(name)], [false, true], check?.detail)
  }
})
