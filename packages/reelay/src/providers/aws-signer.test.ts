import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestClock } from '../system/test-clock.ts'
import { createAwsSigner } from './aws-signer.ts'
import type { UnprovenRequest } from './credentials.ts'

/** Keys and moment of the test suite that AWS publishes for Signature Version 4. */
const suiteKeys = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}
const SUITE_AT_MS = Date.UTC(2015, 7, 30, 12, 36)
const SUITE_TOKEN = '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267'
const SUITE_SCOPE = 'AKIDEXAMPLE/20150830/us-east-1/service/aws4_request'
const get: UnprovenRequest = {
  method: 'GET',
  url: 'https://example.amazonaws.com/',
  headers: {},
  body: null,
}

const signSuite = async (request: Partial<UnprovenRequest>, sessionToken?: string): Promise<string> => {
  const options = { service: 'service', region: 'us-east-1', clock: new TestClock(SUITE_AT_MS) }
  const sign = createAwsSigner({ ...options, keys: { ...suiteKeys, sessionToken } })
  return (await sign({ ...get, ...request }))['authorization'] ?? ''
}

const authorization = (scope: string, signedHeaders: string, signature: string): string =>
  `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`

const FORM = {
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: Buffer.from('Param1=value1'),
}

const SUITE: Readonly<
  Record<string, { request: Partial<UnprovenRequest>; signed: string; signature: string }>
> = {
  'get-vanilla': {
    request: {},
    signed: 'host;x-amz-date',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  'get-vanilla-query-order-key-case': {
    request: { url: `${get.url}?Param2=value2&Param1=value1` },
    signed: 'host;x-amz-date',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  'post-vanilla': {
    request: { method: 'POST' },
    signed: 'host;x-amz-date',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  'post-x-www-form-urlencoded': {
    request: FORM,
    signed: 'content-type;host;x-amz-date',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
}

for (const [name, { request, signed, signature }] of Object.entries(SUITE)) {
  test(`the suite of AWS: ${name}`, async () => {
    assert.equal(await signSuite(request), authorization(SUITE_SCOPE, signed, signature))
  })
}

test('the suite of AWS: a token of temporary keys is signed', async () => {
  const signature = '07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8'
  const signed = 'host;x-amz-date;x-amz-security-token'
  assert.equal(await signSuite({}, SUITE_TOKEN), authorization(SUITE_SCOPE, signed, signature))
})

test("S3's own example of fetching an object", async () => {
  const keys = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  }
  const clock = new TestClock(Date.UTC(2013, 4, 24))
  const sign = createAwsSigner({ service: 's3', region: 'us-east-1', keys, clock })
  const url = 'https://examplebucket.s3.amazonaws.com/test.txt'
  assert.deepEqual(await sign({ ...get, url, headers: { range: 'bytes=0-9' } }), {
    'x-amz-date': '20130524T000000Z',
    'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    authorization: authorization(
      'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request',
      'host;range;x-amz-content-sha256;x-amz-date',
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ),
  })
})
