import fixtures from '../../src/providers/minimax/fixtures/answers.json' with { type: 'json' }
import { createMinimax } from '../../src/providers/minimax/index.ts'
import type { CallbackReading } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { json, type Reply } from './fault-server.ts'
import { callbackField, unsigned, type ProviderSubject } from './provider-subject.ts'

const ID = '176843862716480'
export const MINIMAX_FILE = '176844028768320'
const NOW_MS = 1_790_000_000_000
const WITHOUT_VIDEO = 'The provider says that the job succeeded, and names no video.'
const REASONLESS = 'The provider gave no reason.'

export const minimaxRefused = (
  code: 'account' | 'invalid_input' | 'moderation_blocked',
  detail: string,
): StartOutcome => ({
  kind: 'rejected',
  code,
  detail,
})
const laterOn = (detail: string): StartOutcome => ({
  kind: 'not_sent',
  detail,
  retryAtMs: NOW_MS + 5_000,
  pauseAccountMs: 5_000,
})
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'provider_expired' | 'provider_cancelled',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail })

const open: ProviderSubject['open'] = ({ baseUrl, guarded, clock }) =>
  createMinimax({ baseUrl: `${baseUrl}/v1`, apiKey: 'key_1', guarded, clock })
const outputs = (baseUrl: string) => ({ link: { role: 'video', ref: `${baseUrl}/files/v.mp4` } }) as const

const CHALLENGE = fixtures.callback_challenge.challenge
const OF_V1 = { providerTaskId: ID, version: 'v1' }
const OF_V2 = { providerTaskId: 't-1', version: 'v2' }
const echo = (challenge: string): CallbackReading => ({
  ...unsigned('moved'),
  answer: JSON.stringify({ challenge }),
})

const jobV1 = (fields: object): Reply => json(200, { ...fixtures.v1_running, ...fields })

export const minimaxV1: ProviderSubject = {
  open,
  model: 'MiniMax-Hailuo-2.3',
  accepted: { reply: json(200, fixtures.v1_created), operation: { providerTaskId: ID, version: 'v1' } },
  refusals: {
    'F18: rate limit with status 200': {
      reply: json(200, fixtures.v1_too_fast),
      expected: laterOn('rate limit (1002)'),
    },
    'no balance with status 200': {
      reply: json(200, fixtures.v1_no_balance),
      expected: minimaxRefused('account', 'insufficient balance (1008)'),
    },
    'a bad key with status 200': {
      reply: json(200, fixtures.v1_bad_key),
      expected: minimaxRefused('account', 'invalid api key (2049)'),
    },
    'parameters with status 200': {
      reply: json(200, fixtures.v1_bad_parameter),
      expected: minimaxRefused('invalid_input', 'invalid params, 1080P takes 6 seconds (2013)'),
    },
    'a sensitive prompt': {
      reply: json(200, fixtures.v1_sensitive_prompt),
      expected: minimaxRefused('moderation_blocked', 'the prompt is sensitive (1026)'),
    },
    'a refusal with an id is a refusal': {
      reply: json(200, { ...fixtures.v1_sensitive_prompt, task_id: ID }),
      expected: minimaxRefused('moderation_blocked', 'the prompt is sensitive (1026)'),
    },
    'an id of 18 digits as a JSON number keeps its digits': {
      reply: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: '{"task_id":867283741759111202,"base_resp":{"status_code":0}}',
      },
      expected: {
        kind: 'accepted',
        operation: { providerTaskId: '867283741759111202', version: 'v1' },
      },
    },
  },
  verdicts: {
    Preparing: { reply: json(200, fixtures.v1_preparing), expected: { kind: 'waiting' } },
    Queueing: { reply: jobV1({ status: 'Queueing' }), expected: { kind: 'waiting' } },
    Processing: { reply: json(200, fixtures.v1_running), expected: { kind: 'running' } },
    'processing in lower case': { reply: jobV1({ status: 'processing' }), expected: { kind: 'running' } },
    'F17: Success with a file': {
      reply: json(200, fixtures.v1_done),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: `file_id:${MINIMAX_FILE}` }] },
    },
    'Success with a file as a JSON number of 18 digits': {
      reply: {
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: `{"task_id":${ID},"status":"Success","file_id":867283741759111202}`,
      },
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'file_id:867283741759111202' }] },
    },
    'Success without a file': {
      reply: jobV1({ status: 'Success', file_id: '' }),
      expected: failed('provider_failed', WITHOUT_VIDEO),
    },
    'Fail by moderation': {
      reply: json(200, fixtures.v1_failed),
      expected: failed('moderation_blocked', 'output content is sensitive (1027)'),
    },
    'Fail without a reason': {
      reply: jobV1({ status: 'Fail' }),
      expected: failed('provider_failed', REASONLESS),
    },
    'an unknown status': {
      reply: jobV1({ status: 'Reviewing' }),
      expected: { kind: 'unrecognised', status: 'Reviewing' },
    },
    'invalid task_id': {
      reply: json(200, { base_resp: { status_code: 2013, status_msg: 'invalid task_id' } }),
      expected: { kind: 'gone' },
    },
  },
  otherJob: jobV1({ task_id: '176843862716481' }),
  outputs,
  callbacks: {
    registered: callbackField,
    readings: {
      'F19: a challenge is echoed': { body: fixtures.callback_challenge, expected: echo(CHALLENGE) },
      'a challenge of 1 kB': { body: { challenge: '€'.repeat(341) }, expected: echo('€'.repeat(341)) },
      'a challenge of more': { body: { challenge: '€'.repeat(342) }, expected: unsigned('moved') },
      'a challenge that is no text': { body: { challenge: 7 }, expected: unsigned('moved') },
      processing: { body: fixtures.callback_running, expected: unsigned('moved', OF_V1) },
      success: { body: fixtures.callback_done, expected: unsigned('ended', OF_V1) },
      failed: { body: fixtures.callback_failed, expected: unsigned('ended', OF_V1) },
      'F17: Success, as in a look': { body: fixtures.v1_done, expected: unsigned('ended', OF_V1) },
      'Fail, as in a look': { body: fixtures.v1_failed, expected: unsigned('ended', OF_V1) },
      'a shape that does not tell its generation': {
        body: { task_id: 't-1', status: 'succeeded' },
        expected: unsigned('ended'),
      },
    },
  },
}

const jobV2 = (fields: object): Reply => json(200, { task: { ...fixtures.v2_running.task, ...fields } })
const UPDATED = { finishedAtMs: 1_767_225_630_000 }

export const minimaxV2: ProviderSubject = {
  open,
  model: 'MiniMax-H3',
  accepted: { reply: json(200, fixtures.v2_created), operation: { providerTaskId: 't-1', version: 'v2' } },
  refusals: {
    'rate limit, the code in the message': {
      reply: json(429, fixtures.v2_too_fast),
      expected: laterOn('rate limit exceeded (1002)'),
    },
    '429 for want of balance': {
      reply: json(429, fixtures.v2_no_balance),
      expected: minimaxRefused('account', 'insufficient balance (1008)'),
    },
    parameters: {
      reply: json(400, fixtures.v2_bad_parameter),
      expected: minimaxRefused('invalid_input', 'duration is out of range (2013)'),
    },
  },
  verdicts: {
    queued: { reply: json(200, fixtures.v2_queued), expected: { kind: 'waiting' } },
    running: { reply: json(200, fixtures.v2_running), expected: { kind: 'running' } },
    'F21: succeeded': {
      reply: json(200, fixtures.v2_done),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: 'https://cdn.example/v.mp4' }] },
    },
    'succeeded, with its time': {
      reply: jobV2({ status: 'succeeded', content: { url: 'https://cdn.example/v.mp4' } }),
      expected: {
        kind: 'done',
        outputs: [{ role: 'video', ref: 'https://cdn.example/v.mp4' }],
        ...UPDATED,
      },
    },
    'succeeded without a link': {
      reply: json(200, { task: { id: 't-1', status: 'succeeded', content: { url: '' } } }),
      expected: failed('provider_failed', WITHOUT_VIDEO),
    },
    'F20: failed by moderation': {
      reply: json(200, fixtures.v2_failed),
      expected: failed('moderation_blocked', 'Content policy violation (1027)'),
    },
    'failed without a reason': {
      reply: jobV2({ status: 'failed' }),
      expected: { ...failed('provider_failed', REASONLESS), ...UPDATED },
    },
    cancelled: {
      reply: jobV2({ status: 'cancelled', updated_at: null }),
      expected: failed('provider_cancelled', 'The provider says: cancelled.'),
    },
    expired: {
      reply: jobV2({ status: 'expired', updated_at: 0 }),
      expected: failed('provider_expired', 'The provider says: expired.'),
    },
    'an unknown status': {
      reply: jobV2({ status: 'reviewing' }),
      expected: { kind: 'unrecognised', status: 'reviewing' },
    },
    'invalid task_id: older than seven days': {
      reply: json(400, fixtures.v2_invalid_task),
      expected: { kind: 'gone' },
    },
  },
  otherJob: jobV2({ id: 't-2' }),
  outputs,
  callbacks: {
    registered: callbackField,
    readings: {
      running: { body: fixtures.v2_running, expected: unsigned('moved', OF_V2) },
      'F21: succeeded': { body: fixtures.v2_done, expected: unsigned('ended', OF_V2) },
      'F20: failed': { body: fixtures.v2_failed, expected: unsigned('ended', OF_V2) },
    },
  },
}
