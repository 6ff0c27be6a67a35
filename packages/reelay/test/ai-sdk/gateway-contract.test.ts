import { createGateway } from '@ai-sdk/gateway'
import fixtures from '../../src/providers/ai-sdk/fixtures/answers.json' with { type: 'json' }
import { json } from '../contract/fault-server.ts'
import { providerContract } from '../contract/provider-contract.ts'
import type { ProviderSubject } from '../contract/provider-subject.ts'
import { openBridge, stored } from './bridge-subject.ts'

const MODEL = 'kling'
const answers = fixtures.gateway

const subject: ProviderSubject = {
  open: (upstream) =>
    openBridge(upstream, {
      name: 'vercel',
      models: {
        [MODEL]: {
          model: ({ fetch }) =>
            createGateway({ apiKey: 'key_of_gateway', baseURL: `${upstream.baseUrl}/v4/ai`, fetch }).video(
              'klingai/kling-v2.6-t2v',
            ),
        },
      },
    }),
  model: MODEL,
  // Looks are POSTs there.
  isCreate: ({ path }) => path.endsWith('/video-model/start'),
  accepted: {
    reply: json(202, answers.created),
    operation: stored('job_1', MODEL, answers.created.operation),
  },
  refusals: {
    'a bad request': {
      reply: json(400, answers.refused),
      expected: {
        kind: 'rejected',
        code: 'invalid_input',
        detail: 'Unsupported duration. (invalid_request_error)',
      },
    },
  },
  verdicts: {
    pending: { reply: json(200, answers.pending), expected: { kind: 'running' } },
    completed: {
      reply: json(200, answers.completed),
      expected: {
        kind: 'done',
        outputs: [{ role: 'video', ref: 'https://files.example/v.mp4', mime: 'video/mp4' }],
      },
    },
    'completed inside the answer': {
      reply: json(200, {
        status: 'completed',
        videos: [{ type: 'base64', data: 'AAAA', mediaType: 'video/mp4' }],
      }),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'inline:0', mime: 'video/mp4' }] },
    },
    'delivered into storage of the caller': {
      reply: json(200, { status: 'completed', videos: [{ type: 'uploaded', mediaType: 'video/mp4' }] }),
      expected: {
        kind: 'failed',
        code: 'provider_failed',
        detail:
          'The provider put the video into storage of yours, as it was told to, and gives no link to it: ' +
          'leave out the option that names the storage.',
      },
    },
    'completed without a video': {
      reply: json(200, { status: 'completed', videos: [] }),
      expected: {
        kind: 'failed',
        code: 'provider_failed',
        detail: 'The provider says that the job is done, and names no video.',
      },
    },
    'an error of moderation': {
      reply: json(200, answers.error),
      expected: { kind: 'failed', code: 'moderation_blocked', detail: answers.error.error },
    },
    cancelled: {
      reply: json(200, answers.cancelled),
      expected: {
        kind: 'failed',
        code: 'provider_cancelled',
        detail: 'The provider says that the job was cancelled.',
      },
    },
    'a word that is not in the table, at which the model throws': {
      reply: json(200, { status: 'reviewing' }),
      expected: { kind: 'unrecognised', status: 'reviewing' },
    },
  },
  otherJob: json(200, answers.pending),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
}

const NO_ID = 'its answers about a job carry no id: the operation that was asked is all that ties them to it'

providerContract('ai-sdk/gateway', subject, { 'probe: job of another id is no verdict': NO_ID })
