import { createMiniMax } from '@ai-sdk/minimax'
import fixtures from '../../src/providers/ai-sdk/fixtures/answers.json' with { type: 'json' }
import { json, type Reply } from '../contract/fault-server.ts'
import { providerContract } from '../contract/provider-contract.ts'
import type { ProviderSubject } from '../contract/provider-subject.ts'
import { openBridge, stored } from './bridge-subject.ts'

const ID = 'task_1'
const MODEL = 'h3'
const answers = fixtures.minimax
const resolvedInputs = { imageCount: 0, referenceVideoIndices: [] }
const task = (fields: object): Reply => json(200, { task: { ...answers.task.task, ...fields } })

const subject: ProviderSubject = {
  open: (upstream) =>
    openBridge(upstream, {
      name: 'minimax-bridge',
      models: {
        [MODEL]: {
          model: ({ fetch }) =>
            createMiniMax({ apiKey: 'key_of_minimax', videoBaseURL: upstream.baseUrl, fetch }).video(
              'MiniMax-H3',
            ),
        },
      },
    }),
  model: MODEL,
  accepted: {
    reply: json(200, answers.created),
    operation: stored(ID, MODEL, { taskId: ID, resolvedInputs }),
  },
  refusals: {
    'a code hidden in the message': {
      reply: json(400, answers.refused),
      expected: { kind: 'rejected', code: 'invalid_input', detail: 'invalid params, duration (2013)' },
    },
    'a refusal with status 200, and an id of a job that never was': {
      reply: json(200, { task_id: ID, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }),
      expected: { kind: 'rejected', code: 'account', detail: 'insufficient balance (1008)' },
    },
  },
  verdicts: {
    queued: { reply: task({ status: 'queued' }), expected: { kind: 'waiting' } },
    running: { reply: task({}), expected: { kind: 'running' } },
    succeeded: {
      reply: task({ status: 'succeeded', content: { url: 'https://oss.example/v.mp4' } }),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'https://oss.example/v.mp4' }] },
    },
    'succeeded without a link, at which the model throws': {
      reply: task({ status: 'succeeded' }),
      expected: {
        kind: 'failed',
        code: 'provider_failed',
        detail: 'The provider says that the job succeeded, and names no video.',
      },
    },
    'failed by its input': {
      reply: task({ status: 'failed', error: { code: '1026', message: 'sensitive input' } }),
      expected: { kind: 'failed', code: 'moderation_blocked', detail: 'sensitive input (1026)' },
    },
    expired: {
      reply: task({ status: 'expired' }),
      expected: { kind: 'failed', code: 'provider_expired', detail: 'The provider says: expired.' },
    },
    'a word that is not in the table, for which the model waits': {
      reply: task({ status: 'reviewing' }),
      expected: { kind: 'unrecognised', status: 'reviewing' },
    },
    'no such job': {
      reply: json(404, { error: { message: 'task not found', type: 'not_found_error' } }),
      expected: { kind: 'gone' },
    },
  },
  otherJob: task({ id: 'task_2', status: 'failed' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }),
}

providerContract('ai-sdk/minimax', subject)
