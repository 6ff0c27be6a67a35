import { createBlackForestLabs } from '@ai-sdk/black-forest-labs'
import fixtures from '../../src/providers/ai-sdk/fixtures/answers.json' with { type: 'json' }
import { json } from '../contract/fault-server.ts'
import { providerContract } from '../contract/provider-contract.ts'
import type { ProviderSubject } from '../contract/provider-subject.ts'
import { goingTo, openBridge, stored } from './bridge-subject.ts'

const ID = 'bfl_1'
const MODEL = 'flux'
const answers = fixtures['black-forest-labs']

const subject: ProviderSubject = {
  open: (upstream) =>
    openBridge(upstream, {
      name: 'bfl-bridge',
      models: {
        [MODEL]: {
          model: ({ fetch }) =>
            createBlackForestLabs({
              apiKey: 'key_of_bfl',
              baseURL: 'https://api.bfl.example/v1',
              // Its answers say where to ask, and no port of a test's server is known beforehand.
              fetch: goingTo(upstream.baseUrl, fetch),
            }).video('flux-3-video'),
        },
      },
    }),
  model: MODEL,
  accepted: {
    reply: json(200, answers.created),
    operation: stored(ID, MODEL, {
      requestId: ID,
      pollingUrl: 'https://api.bfl.example/v1/get_result?id=bfl_1',
      cost: 12.5,
    }),
  },
  refusals: {
    'a field out of range': {
      reply: json(422, answers.refused),
      expected: {
        kind: 'rejected',
        code: 'invalid_input',
        detail: 'body.duration: Input should be less than or equal to 20',
      },
    },
  },
  verdicts: {
    'pending, with its progress': {
      reply: json(200, answers.pending),
      expected: { kind: 'running', progress: 42 },
    },
    'a word that is not in the table, for which the model waits': {
      reply: json(200, { ...answers.pending, status: 'Expired' }),
      expected: { kind: 'unrecognised', status: 'Expired' },
    },
    ready: {
      reply: json(200, answers.ready),
      expected: {
        kind: 'done',
        outputs: [{ role: 'video', ref: 'https://delivery.bfl.example/v.mp4?se=1', mime: 'video/mp4' }],
      },
    },
    'ready without a sample, at which the model throws': {
      reply: json(200, { ...answers.ready, result: null }),
      expected: {
        kind: 'failed',
        code: 'provider_failed',
        detail: 'The provider says that the job is done, and names no video.',
      },
    },
    moderated: {
      reply: json(200, answers.moderated),
      expected: {
        kind: 'failed',
        code: 'moderation_blocked',
        detail: '{"Moderation Reasons":["Derivative Works Filter"]}',
      },
    },
    failed: {
      reply: json(200, answers.error),
      expected: { kind: 'failed', code: 'provider_failed', detail: 'out of memory' },
    },
    'no such job, which the model takes for the end': {
      reply: json(200, answers.gone),
      expected: { kind: 'gone' },
    },
    'no such job, with 404': { reply: json(404, answers.gone), expected: { kind: 'gone' } },
  },
  otherJob: json(200, { ...answers.error, id: 'bfl_2' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
}

providerContract('ai-sdk/black-forest-labs', subject)
