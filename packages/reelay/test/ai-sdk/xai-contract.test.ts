import { createXai } from '@ai-sdk/xai'
import fixtures from '../../src/providers/ai-sdk/fixtures/answers.json' with { type: 'json' }
import { json } from '../contract/fault-server.ts'
import { providerContract } from '../contract/provider-contract.ts'
import type { ProviderSubject } from '../contract/provider-subject.ts'
import { openBridge, stored } from './bridge-subject.ts'

const ID = '7f1c2a90-0000-4000-8000-000000000001'
const MODEL = 'grok'
const answers = fixtures.xai
const failed = (code: 'provider_failed' | 'moderation_blocked' | 'provider_expired', detail: string) =>
  ({ kind: 'failed', code, detail }) as const

const subject: ProviderSubject = {
  open: (upstream) =>
    openBridge(upstream, {
      name: 'xai-bridge',
      models: {
        [MODEL]: {
          model: ({ fetch }) =>
            createXai({ apiKey: 'key_of_xai', baseURL: `${upstream.baseUrl}/v1`, fetch }).video(
              'grok-imagine-video',
            ),
        },
      },
    }),
  model: MODEL,
  accepted: { reply: json(200, answers.created), operation: stored(ID, MODEL, { requestId: ID }) },
  refusals: {
    'an argument': {
      reply: json(400, answers.bad_argument),
      expected: {
        kind: 'rejected',
        code: 'invalid_input',
        detail: 'duration must be at most 15. (Client specified an invalid argument)',
      },
    },
    'no credit comes with 429': {
      reply: json(429, answers.no_credit),
      expected: { kind: 'rejected', code: 'account', detail: answers.no_credit.error },
    },
  },
  verdicts: {
    '202 with an empty body': { reply: { status: 202, body: '' }, expected: { kind: 'running' } },
    '202 pending, with its progress': {
      reply: json(202, answers.pending),
      expected: { kind: 'running', progress: 40 },
    },
    done: {
      reply: json(200, answers.done),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'https://vidgen.example/v.mp4' }] },
    },
    'done and held back': {
      reply: json(200, answers.moderated),
      expected: failed('moderation_blocked', 'The video was held back by moderation.'),
    },
    failed: {
      reply: json(200, answers.failed),
      expected: failed('provider_failed', 'Video generation failed. (internal_error)'),
    },
    expired: {
      reply: json(200, answers.expired),
      expected: failed('provider_expired', 'The provider says that the job expired.'),
    },
    'a word that is not in the table': {
      reply: json(200, { status: 'cancelled' }),
      expected: { kind: 'unrecognised', status: 'cancelled' },
    },
    'no such job': { reply: json(404, answers.not_found), expected: { kind: 'gone' } },
  },
  otherJob: json(200, { ...answers.failed, request_id: 'other' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
}

providerContract('ai-sdk/xai', subject)
