import { PLAIN_RESULTS, type Dialect } from '../../dialect.ts'
import { created, invocation, invocations, REGION } from './answers.ts'
import { awsKeysOf, awsSignatureAuth } from './aws-signature.ts'
import { read, refuse } from './create.ts'
import { awsError, errorAnswer, noSuchInvocation, signatureError, validationError } from './errors.ts'
import {
  invocationOfObject,
  noSuchKey,
  object,
  storageErrorAnswer,
  storageSignatureError,
} from './storage.ts'

const ROOT = '/async-invoke'
const ACCOUNT = '123456789012'

const serviceOf = (path: string): string => (path === ROOT || path.startsWith(`${ROOT}/`) ? 'bedrock' : 's3')

const MINUTE_MS = 60_000

/** Asynchronous invocations of Amazon Bedrock, and the bucket that they fill, asked for by paths. */
export const bedrock: Dialect = {
  name: 'bedrock',
  title: 'Amazon Bedrock, Nova Reel and Ray',
  environment: (url, key) => {
    const { accessKey, secret } = awsKeysOf(key)
    return {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secret,
      BEDROCK_OUTPUT_S3_URI: 's3://simulated-bucket/videos',
      BEDROCK_BASE_URL: url,
      BEDROCK_S3_BASE_URL: url,
    }
  },
  auth: awsSignatureAuth({
    serviceOf,
    toleranceMs: (service) => (service === 's3' ? 15 : 5) * MINUTE_MS,
    refuse: (fault, { path }) =>
      serviceOf(path) === 's3' ? storageSignatureError(fault) : signatureError(fault),
  }),
  modelDefault: 'amazon.nova-reel-v1:1',
  models: ['amazon.nova-reel-v1:1', 'amazon.nova-reel-v1:0', 'luma.ray-v2:0'],
  routes: [
    { kind: 'create', method: 'POST', path: /^\/async-invoke$/u, read, refuse, answer: created },
    { kind: 'list', method: 'GET', path: /^\/async-invoke$/u, answer: invocations },
    // The name of a job has slashes and colons in it, escaped.
    { kind: 'poll', method: 'GET', path: /^\/async-invoke\/(?<id>[^/]+)$/u, answer: invocation },
    {
      kind: 'content',
      method: 'GET',
      path: /^\/(?!async-invoke\/)(?<bucket>[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9])\/(?<key>.+)$/u,
      idOf: invocationOfObject,
      missing: noSuchKey,
      answer: object,
    },
  ],
  // Twelve characters, as documented. What region the caller signs for is not told in it.
  newId: ({ ids }) => `arn:aws:bedrock:${REGION}:${ACCOUNT}:async-invoke/${ids.hex(6)}`,
  idKeys: ['invocationArn'],
  results: PLAIN_RESULTS,
  // About 90 s for six seconds, as AWS says of Nova Reel; longer ones take longer, which is not played.
  renderTimes: {
    default: { medianMs: 90_000, sigma: 0.2 },
    'luma.ray-v2:0': { medianMs: 100_000, sigma: 0.25 },
  },
  repeats: 'same-task',
  error: (refusal, path) => (serviceOf(path) === 's3' ? storageErrorAnswer(refusal) : errorAnswer(refusal)),
  missing: noSuchInvocation,
  notReady: () => validationError('The invocation is not completed.'),
  unrouted: ({ path }) => awsError(404, 'UnknownOperationException', `Nothing is served at ${path}.`),
}
