import fixtures from '../../src/providers/replicate/fixtures/answers.json' with { type: 'json' }
import { createReplicate } from '../../src/providers/replicate/index.ts'
import type { Operation, StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { json, type Reply } from './fault-server.ts'
import { unsigned, type ProviderSubject } from './provider-subject.ts'

export const REPLICATE_ID = 'ufawqhfynnddngldkgtslldrkq'
export const replicateOperation: Operation = { providerTaskId: REPLICATE_ID }
const NOW_MS = 1_790_000_000_000
const FINISHED_MS = Date.UTC(2026, 0, 1, 0, 0, 43)
const OVER = { finishedAtMs: FINISHED_MS }

const refused = (
  code: 'account' | 'invalid_input' | 'moderation_blocked' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const failed = (
  code: 'provider_failed' | 'provider_cancelled' | 'provider_expired' | 'moderation_blocked',
  detail: string,
): Verdict => ({ kind: 'failed', code, detail, ...OVER })
const done = (...refs: readonly string[]): Verdict => ({
  kind: 'done',
  outputs: refs.map((ref) => ({ role: 'video', ref }) as const),
  expiresAtMs: FINISHED_MS + 3_600_000,
  finishedAtMs: FINISHED_MS,
})
const job = (fields: object): Reply => json(200, { ...fixtures.succeeded, ...fields })
const LINK = 'https://replicate.example/x/out.mp4'
const NO_VIDEO = 'The provider says that the job succeeded, and names no video.'

export const replicateSubject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) =>
    createReplicate({ baseUrl: `${baseUrl}/v1`, apiKey: 'key_1', guarded, clock }),
  model: 'google/veo-3.1',
  accepted: { reply: json(201, fixtures.created), operation: replicateOperation },
  refusals: {
    'a field of the input is wrong': {
      reply: json(422, fixtures.invalid),
      expected: refused('invalid_input', fixtures.invalid.detail),
    },
    'no key': {
      reply: json(401, fixtures.unauthenticated),
      expected: refused('account', fixtures.unauthenticated.detail),
    },
    'no money': {
      reply: json(402, fixtures.no_credit),
      expected: refused('account', fixtures.no_credit.detail),
    },
    'no such model': {
      reply: json(404, fixtures.not_found),
      expected: refused('rejected_by_provider', fixtures.not_found.detail),
    },
    'flagged at once': {
      reply: json(400, { detail: fixtures.flagged.error }),
      expected: refused('moderation_blocked', fixtures.flagged.error),
    },
    'throttled in its own words': {
      reply: json(429, fixtures.throttled),
      expected: {
        kind: 'not_sent',
        detail: fixtures.throttled.detail,
        retryAtMs: NOW_MS + 5_000,
        pauseAccountMs: 5_000,
      },
    },
  },
  verdicts: {
    'F33: starting': { reply: json(200, fixtures.created), expected: { kind: 'waiting' } },
    processing: { reply: json(200, fixtures.running), expected: { kind: 'running' } },
    'F34: succeeded with a list, kept for an hour': {
      reply: json(200, fixtures.succeeded),
      expected: done(LINK),
    },
    'succeeded with one link': { reply: job({ output: LINK }), expected: done(LINK) },
    'succeeded with several links': {
      reply: job({ output: [LINK, 'https://replicate.example/x/2.mp4'] }),
      expected: done(LINK, 'https://replicate.example/x/2.mp4'),
    },
    'succeeded at an unknown time': {
      reply: job({ completed_at: null }),
      expected: { kind: 'done', outputs: [{ role: 'video', ref: LINK }] },
    },
    'succeeded without a video': {
      reply: job({ output: null }),
      expected: failed('provider_failed', NO_VIDEO),
    },
    'succeeded with something else': {
      reply: job({ output: ['a text', { url: LINK }] }),
      expected: failed('provider_failed', NO_VIDEO),
    },
    'succeeded, and removed since': {
      reply: json(200, fixtures.removed),
      expected: failed(
        'provider_expired',
        'The provider says that the job succeeded, and has removed its result since.',
      ),
    },
    failed: {
      reply: json(200, fixtures.failed),
      expected: failed('provider_failed', 'Prediction failed: CUDA out of memory'),
    },
    'failed without a reason': {
      reply: job({ status: 'failed', error: null }),
      expected: failed('provider_failed', 'The provider gave no reason.'),
    },
    'failed by moderation': {
      reply: json(200, fixtures.flagged),
      expected: failed('moderation_blocked', fixtures.flagged.error),
    },
    canceled: {
      reply: json(200, fixtures.cancelled),
      expected: failed('provider_cancelled', 'The provider says that the job was cancelled.'),
    },
    aborted: {
      reply: json(200, fixtures.aborted),
      expected: failed('provider_expired', 'The provider says that the job never began in time.'),
    },
    'an unknown status': {
      reply: job({ status: 'warming' }),
      expected: { kind: 'unrecognised', status: 'warming' },
    },
    'no such prediction': { reply: json(404, fixtures.not_found), expected: { kind: 'gone' } },
    'the prediction itself with an error status': {
      reply: json(500, fixtures.running),
      expected: { kind: 'running' },
    },
  },
  otherJob: json(200, { ...fixtures.succeeded, id: 'another' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: `${baseUrl}/v1/files/out.mp4` } }),
  callbacks: {
    registered: ({ body }) => JSON.parse(body).webhook,
    readings: {
      starting: { body: fixtures.created, expected: unsigned('moved', replicateOperation) },
      processing: { body: fixtures.running, expected: unsigned('moved', replicateOperation) },
      'F34: succeeded': { body: fixtures.succeeded, expected: unsigned('ended', replicateOperation) },
      failed: { body: fixtures.failed, expected: unsigned('ended', replicateOperation) },
      canceled: { body: fixtures.cancelled, expected: unsigned('ended', replicateOperation) },
      aborted: { body: fixtures.aborted, expected: unsigned('ended', replicateOperation) },
    },
  },
}
