import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/ai-sdk/fixtures/answers.json' with { type: 'json' }
import type { Verdict } from '../../src/task/verdict.ts'
import { answer, json } from '../contract/fault-server.ts'
import { job, openPackage } from './open-package.ts'
import { PACKAGES } from './packages.ts'

const signal = new AbortController().signal

const done = (ref: string): Verdict => ({ kind: 'done', outputs: [{ role: 'video', ref }] })
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'provider_expired',
  detail: string,
): Verdict => ({
  kind: 'failed',
  code,
  detail,
})

const FAL = {
  responseUrl: 'https://queue.fal.run/fal-ai/luma/requests/fal_1',
  submitUrl: 'https://queue.fal.run/',
}
const REPLICATE = { getUrl: 'https://api.replicate.com/v1/predictions/pred_1' }
const VERTEX = { operationName: fixtures.vertex.created.name }
const GOOGLE = { operationName: fixtures.google.created.name }
const NO_VIDEO = 'The provider says that the job succeeded, and names no video.'

/** What the packages make of these answers alone is no good: see the words behind each. */
const STATES: readonly (readonly [
  name: string,
  title: string,
  operation: unknown,
  status: number,
  body: object,
  expected: Verdict,
])[] = [
  ['alibaba', 'running', { taskId: 'wan_1' }, 200, fixtures.alibaba.running, { kind: 'running' }],
  [
    'alibaba',
    'UNKNOWN, for which the model waits',
    { taskId: 'wan_1' },
    200,
    fixtures.alibaba.unknown,
    { kind: 'gone' },
  ],
  [
    'alibaba',
    'SUCCEEDED without a link, at which the model throws',
    { taskId: 'wan_1' },
    200,
    { output: { ...fixtures.alibaba.succeeded.output, video_url: null } },
    failed('provider_failed', NO_VIDEO),
  ],
  [
    'alibaba',
    'SUCCEEDED',
    { taskId: 'wan_1' },
    200,
    fixtures.alibaba.succeeded,
    done('https://oss.example/v.mp4?Expires=1'),
  ],
  [
    'alibaba',
    'FAILED, with the code that the model drops',
    { taskId: 'wan_1' },
    200,
    fixtures.alibaba.failed,
    failed('moderation_blocked', 'Input data may contain inappropriate content. (DataInspectionFailed)'),
  ],
  [
    'google',
    'done, its link without the key that the model appends',
    GOOGLE,
    200,
    fixtures.google.done,
    done('https://generativelanguage.googleapis.com/v1beta/files/f_1:download?alt=media'),
  ],
  [
    'google',
    'filtered, at which the model throws',
    GOOGLE,
    200,
    fixtures.google.filtered,
    failed('moderation_blocked', 'The prompt was filtered out by safety settings.'),
  ],
  [
    'google-vertex',
    'done inside the answer',
    VERTEX,
    200,
    {
      ...VERTEX,
      name: VERTEX.operationName,
      done: true,
      response: { videos: [{ bytesBase64Encoded: 'AAAA' }] },
    },
    { kind: 'done', outputs: [{ role: 'video', ref: 'inline:0', mime: 'video/mp4' }] },
  ],
  [
    'google-vertex',
    'done into a bucket',
    VERTEX,
    200,
    { name: VERTEX.operationName, done: true, response: { videos: [{ gcsUri: 'gs://b/v.mp4' }] } },
    failed(
      'provider_failed',
      'The provider put the video at an address that is not http (gs:): it cannot be fetched.',
    ),
  ],
  [
    'google-vertex',
    'filtered',
    VERTEX,
    200,
    { name: VERTEX.operationName, done: true, response: { raiMediaFilteredCount: 1 } },
    failed('moderation_blocked', 'The video was filtered out.'),
  ],
  [
    'replicate',
    'a list of outputs, at which the model throws',
    REPLICATE,
    200,
    fixtures.replicate.succeeded_list,
    {
      ...done('https://replicate.delivery/v.mp4'),
    },
  ],
  [
    'replicate',
    'a word that its schema does not have, at which the model throws',
    REPLICATE,
    200,
    fixtures.replicate.aborted,
    failed('provider_expired', 'The provider says that the job never began in time.'),
  ],
  [
    'replicate',
    'a word that nobody knows',
    REPLICATE,
    200,
    fixtures.replicate.paused,
    { kind: 'unrecognised', status: 'paused' },
  ],
  ['fal', 'still in progress, told with 400', FAL, 400, fixtures.fal.still, { kind: 'running' }],
  [
    'fal',
    'queued, told with 202',
    FAL,
    202,
    { request_id: 'fal_1', status: 'IN_QUEUE' },
    { kind: 'waiting' },
  ],
  ['fal', 'its result', FAL, 200, fixtures.fal.result, done('https://v3.fal.media/v.mp4')],
  [
    'fal',
    'a list of videos, at which the model throws',
    FAL,
    200,
    fixtures.fal.list,
    done('https://v3.fal.media/v.mp4'),
  ],
  [
    'fal',
    'a refusal of the model behind it, of which the package drops the words',
    FAL,
    422,
    fixtures.fal.refused,
    failed(
      'moderation_blocked',
      'body.prompt: The content could not be processed. (content_policy_violation)',
    ),
  ],
]

for (const [name, title, operation, status, body, expected] of STATES) {
  test(`${name}: ${title}`, async (context) => {
    const { provider, upstream } = await openPackage(context, name, answer(json(status, body)))
    const stored = job(PACKAGES[name]!.id, operation, upstream.baseUrl)
    assert.deepEqual(await provider.probe(stored, signal), expected)
  })
}
