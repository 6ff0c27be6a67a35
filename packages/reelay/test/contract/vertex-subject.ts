import fixtures from '../../src/providers/vertex/fixtures/answers.json' with { type: 'json' }
import { createVertex } from '../../src/providers/vertex/index.ts'
import type { Operation, StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { json, type Reply } from './fault-server.ts'
import type { ProviderSubject } from './provider-subject.ts'

export const PARENT = 'projects/p-1/locations/us-central1/publishers/google/models/veo-3.1-generate-001'
export const ID: string = `${PARENT}/operations/abc`
export const OPERATION: Operation = { providerTaskId: ID }
export const MODEL = 'veo-3.1-generate-001'
export const TOKEN = 'ya29.token_1'
export const STORED = 'gs://bucket/videos/123/sample_0.mp4'
const NAMES_NO_VIDEO = 'The provider says that the job is done, and names no video.'

const job = (fields: object): Reply => json(200, { ...fixtures.running, ...fields })
const withVideos = (...videos: object[]): Reply => job({ done: true, response: { videos } })
const refused = (
  code: 'account' | 'invalid_input' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'invalid_input' | 'provider_cancelled',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })
const done = (ref: string, mime?: string): Verdict => ({
  kind: 'done',
  outputs: [mime === undefined ? { role: 'video', ref } : { role: 'video', ref, mime }],
})

export const vertexSubject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) =>
    createVertex({ project: 'p-1', accessToken: TOKEN, baseUrl, storageBaseUrl: baseUrl, guarded, clock }),
  model: MODEL,
  isCreate: ({ path }) => path.endsWith(':predictLongRunning'),
  accepted: { reply: json(200, fixtures.created), operation: OPERATION },
  refusals: {
    'an argument': {
      reply: json(400, fixtures.bad_argument),
      expected: refused('invalid_input', 'durationSeconds is out of bound. (INVALID_ARGUMENT)'),
    },
    'a token that is refused': {
      reply: json(401, fixtures.bad_token),
      expected: refused('account', 'Request had invalid authentication credentials. (UNAUTHENTICATED)'),
    },
    'an API that is not enabled': {
      reply: json(403, fixtures.not_enabled),
      expected: refused('account', `${fixtures.not_enabled.error.message} (SERVICE_DISABLED)`),
    },
    'no such model': {
      reply: json(404, fixtures.no_such_model),
      expected: refused('rejected_by_provider', 'Publisher Model veo-0 was not found. (NOT_FOUND)'),
    },
    '429 is for now only': {
      reply: json(429, fixtures.too_fast),
      expected: {
        kind: 'not_sent',
        detail: 'Quota exceeded for aiplatform.googleapis.com. (RESOURCE_EXHAUSTED)',
        retryAtMs: 1_790_000_005_000,
        pauseAccountMs: 5_000,
      },
    },
    'an operation that has already failed is a job': {
      reply: json(200, fixtures.failed),
      expected: { kind: 'accepted', operation: OPERATION },
    },
  },
  verdicts: {
    'no done': { reply: json(200, fixtures.running), expected: { kind: 'running' } },
    'done: false': { reply: job({ done: false }), expected: { kind: 'running' } },
    'done is no boolean': {
      reply: job({ done: 'soon' }),
      expected: { kind: 'unrecognised', status: 'done: "soon"' },
    },
    'under the number of the project': {
      reply: json(200, { name: ID.replace('p-1', '123456789') }),
      expected: { kind: 'running' },
    },
    'F41: done, the video inside': {
      reply: json(200, fixtures.done_inline),
      expected: done('inline:0', 'video/mp4'),
    },
    'F41: nested under video': {
      reply: json(200, fixtures.done_nested),
      expected: done('inline:0', 'video/mp4'),
    },
    'done, the video in a bucket': {
      reply: json(200, fixtures.done_stored),
      expected: done(STORED, 'video/mp4'),
    },
    'two videos': {
      reply: withVideos({ bytesBase64Encoded: 'AAAA' }, { gcsUri: STORED }),
      expected: {
        kind: 'done',
        outputs: [
          { role: 'video', ref: 'inline:0' },
          { role: 'video', ref: STORED },
        ],
      },
    },
    'a video that is longer than any other answer': {
      reply: withVideos({ bytesBase64Encoded: 'A'.repeat(6 * 1024 * 1024), mimeType: 'video/mp4' }),
      expected: done('inline:0', 'video/mp4'),
    },
    'an object that leads elsewhere is none': {
      reply: withVideos({ gcsUri: 'gs://bucket/../other/a.mp4' }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    'F11: done and filtered': {
      reply: json(200, fixtures.filtered),
      expected: failed('moderation_blocked', 'blocked by safety filter'),
    },
    'filtered without a reason': {
      reply: job({ done: true, response: { raiMediaFilteredCount: 1, videos: [] } }),
      expected: failed('moderation_blocked', 'The video was filtered out.'),
    },
    'done without videos': { reply: withVideos(), expected: failed('provider_failed', NAMES_NO_VIDEO) },
    'done with an empty video': {
      reply: withVideos({ bytesBase64Encoded: '', mimeType: 'video/mp4' }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    'done without a response': {
      reply: job({ done: true }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    'done with an error': {
      reply: json(200, fixtures.failed),
      expected: failed('provider_failed', 'Video generation failed due to an internal server issue.'),
    },
    'done with an input fault': {
      reply: json(200, fixtures.bad_input),
      expected: failed('invalid_input', 'Unable to process the image.'),
    },
    'done with a moderation error': {
      reply: json(200, fixtures.moderated),
      expected: failed('moderation_blocked', fixtures.moderated.error.message),
    },
    'done and cancelled': {
      reply: job({ done: true, error: { code: 1 } }),
      expected: failed('provider_cancelled', 'The provider gave no reason.'),
    },
    'no such operation': { reply: json(404, fixtures.no_such_operation), expected: { kind: 'gone' } },
  },
  otherJob: json(200, { ...fixtures.failed, name: `${PARENT}/operations/other` }),
  outputs: (baseUrl) => ({
    stored: { role: 'video', ref: STORED },
    link: { role: 'video', ref: `${baseUrl}/linked.mp4` },
  }),
}
