import fixtures from '../../src/providers/cometapi/fixtures/answers.json' with { type: 'json' }
import { createCometapi } from '../../src/providers/cometapi/index.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { json, type Reply } from './fault-server.ts'
import type { ProviderSubject } from './provider-subject.ts'

const NOW_MS = 1_790_000_000_000
const FINISHED_MS = 1_767_225_660_000
const NAMES_NO_VIDEO = 'The provider says that the job succeeded, and names no video.'
const REASONLESS = 'The provider gave no reason.'

export const KLING_ID = '861309198188019700'
export const RUNWAY_ID = '3d957031-0000-4000-8000-000000000050'
export const GROK_ID = '4b2cd27e-0000-4000-8000-000000000003'

const open: ProviderSubject['open'] = ({ baseUrl, guarded, clock }) =>
  createCometapi({ baseUrl, apiKey: 'key_1', guarded, clock })

const done = (ref: string, finishedAtMs?: number): Verdict => ({
  kind: 'done',
  outputs: [{ role: 'video', ref }],
  ...(finishedAtMs === undefined ? {} : { finishedAtMs }),
})
const failed = (
  code: 'provider_failed' | 'moderation_blocked' | 'invalid_input' | 'provider_expired',
  detail: string,
  finishedAtMs?: number,
): Verdict => ({ kind: 'failed', code, detail, ...(finishedAtMs === undefined ? {} : { finishedAtMs }) })
const refused = (
  code: 'account' | 'invalid_input' | 'moderation_blocked' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })

/** CometAPI's record of a job, with `job` of the maker in it. */
const wrapper = (id: string, fields: object, job: unknown = null): Reply =>
  json(200, { code: 'success', message: '', data: { task_id: id, fail_reason: '', ...fields, data: job } })

type Shared = Pick<ProviderSubject, 'refusals' | 'verdicts'>

/** What every route answers in CometAPI's own words. */
const shared = (id: string, operation: ProviderSubject['accepted']['operation']): Shared => ({
  refusals: {
    'U8: 500 with invalid_request is final': {
      reply: json(500, { error: { message: 'bad size', type: 'comet_api_error', code: 'invalid_request' } }),
      expected: refused('invalid_input', 'bad size (invalid_request)'),
    },
    'an id in the wrapper': {
      reply: wrapper(id, { status: 'SUBMITTED', progress: '0%' }),
      expected: { kind: 'accepted', operation },
    },
  },
  verdicts: {
    'U2: task_not_exist': { reply: json(400, fixtures.task_not_exist), expected: { kind: 'gone' } },
    'U2: task_not_exist as a code': {
      reply: json(400, fixtures.new_api_not_exist),
      expected: { kind: 'gone' },
    },
    'wrapper: not started': {
      reply: wrapper(id, { status: 'NOT_START', progress: '' }),
      expected: { kind: 'waiting' },
    },
    'wrapper: under way': {
      reply: wrapper(id, { status: 'IN_PROGRESS', progress: '42%' }),
      expected: { kind: 'running', progress: 42 },
    },
    'wrapper: an unknown status': {
      reply: wrapper(id, { status: 'REVIEWING' }),
      expected: { kind: 'unrecognised', status: 'REVIEWING' },
    },
    'F03: wrapper: the link in fail_reason': {
      reply: wrapper(id, {
        status: 'SUCCESS',
        fail_reason: 'https://cdn.example/w.mp4',
        finish_time: 1767225660,
      }),
      expected: done('https://cdn.example/w.mp4', FINISHED_MS),
    },
    'wrapper: success without a link': {
      reply: wrapper(id, { status: 'SUCCESS', progress: '100%' }),
      expected: failed('provider_failed', NAMES_NO_VIDEO),
    },
    'wrapper: failed, and why': {
      reply: wrapper(id, { status: 'FAILURE', fail_reason: 'blocked by content policy' }),
      expected: failed('moderation_blocked', 'blocked by content policy'),
    },
    'wrapper: failed without a reason': {
      reply: wrapper(id, { status: 'FAILURE' }),
      expected: failed('provider_failed', REASONLESS),
    },
    'the record of a job by itself': {
      reply: json(200, { task_id: id, status: 'QUEUED', progress: '0%' }),
      expected: { kind: 'waiting', progress: 0 },
    },
  },
})

const outputs: ProviderSubject['outputs'] = (baseUrl) => ({
  link: { role: 'video', ref: `${baseUrl}/files/v.mp4` },
})

const KLING_TEXT = '/kling/v1/videos/text2video'
const klingOperation = { providerTaskId: KLING_ID, dialect: 'kling', path: KLING_TEXT }
const onKling = shared(KLING_ID, klingOperation)
const klingJob = (fields: object): Reply =>
  json(200, { ...fixtures.kling_running, data: { ...fixtures.kling_running.data, ...fields } })

export const klingSubject: ProviderSubject = {
  open,
  model: 'kling-v2-6',
  accepted: { reply: json(200, fixtures.kling_created), operation: klingOperation },
  refusals: {
    ...onKling.refusals,
    'F16: 1303 is too many jobs at once': {
      reply: json(429, { code: 1303, message: 'parallel task over resource pack limit' }),
      expected: {
        kind: 'not_sent',
        detail: 'parallel task over resource pack limit (1303)',
        retryAtMs: NOW_MS + 5_000,
        pauseAccountMs: 5_000,
      },
    },
    'a code of Kling with status 200': {
      reply: json(200, { code: 1201, message: 'model_name is invalid' }),
      expected: refused('invalid_input', 'model_name is invalid (1201)'),
    },
  },
  verdicts: {
    ...onKling.verdicts,
    submitted: { reply: json(200, fixtures.kling_created), expected: { kind: 'waiting' } },
    processing: { reply: json(200, fixtures.kling_running), expected: { kind: 'running' } },
    'a word of CometAPI': { reply: klingJob({ task_status: 'QUEUED' }), expected: { kind: 'waiting' } },
    succeed: {
      reply: json(200, fixtures.kling_done),
      expected: done('https://kling.example/v.mp4', FINISHED_MS),
    },
    failed: {
      reply: json(200, fixtures.kling_failed),
      expected: failed('moderation_blocked', 'risk control', FINISHED_MS),
    },
    'wrapper: the link of the job of Kling': {
      reply: json(200, fixtures.kling_wrapped_done),
      expected: done('https://kling.example/inner.mp4', FINISHED_MS),
    },
    'wrapper: the job of Kling without its envelope': {
      reply: wrapper(
        KLING_ID,
        { status: 'SUCCESS' },
        { task_status: 'succeed', task_result: { videos: [{ url: 'https://kling.example/flat.mp4' }] } },
      ),
      expected: done('https://kling.example/flat.mp4'),
    },
    'wrapper: why, in the words of Kling': {
      reply: wrapper(KLING_ID, { status: 'FAILURE' }, fixtures.kling_failed),
      expected: failed('moderation_blocked', 'risk control', FINISHED_MS),
    },
  },
  otherJob: klingJob({ task_id: '861309198188019799' }),
  outputs,
}

const runwayOperation = { providerTaskId: RUNWAY_ID, dialect: 'runwayml', path: '/runwayml/v1/tasks' }
const onRunway = shared(RUNWAY_ID, runwayOperation)
const runwayJob = (fields: object): Reply => json(200, { ...fixtures.runway_pending, ...fields })

export const runwaySubject: ProviderSubject = {
  open,
  model: 'gen4_turbo',
  accepted: { reply: json(200, fixtures.runway_created), operation: runwayOperation },
  refusals: {
    ...onRunway.refusals,
    'a field, and which': {
      reply: json(400, { error: 'Validation of body failed', issues: [{ path: ['ratio'], message: 'no' }] }),
      expected: refused('invalid_input', 'Validation of body failed (ratio: no)'),
    },
  },
  verdicts: {
    ...onRunway.verdicts,
    pending: { reply: json(200, fixtures.runway_pending), expected: { kind: 'waiting' } },
    running: {
      reply: runwayJob({ status: 'RUNNING', progress: 0.42 }),
      expected: { kind: 'running', progress: 42 },
    },
    'succeeded, with a link for nobody knows how long': {
      reply: json(200, fixtures.runway_done),
      expected: done('https://runway.example/v.mp4'),
    },
    failed: {
      reply: json(200, fixtures.runway_failed),
      expected: failed('moderation_blocked', 'Input was rejected (SAFETY.INPUT.IMAGE)'),
    },
    'wrapper: queued': {
      reply: json(200, fixtures.runway_wrapped_queued),
      expected: { kind: 'waiting', progress: 0 },
    },
    'wrapper: the link of the job of Runway': {
      reply: json(200, fixtures.runway_wrapped_done),
      expected: done('https://runway.example/inner.mp4', FINISHED_MS),
    },
  },
  otherJob: runwayJob({ id: '3d957031-0000-4000-8000-000000000099' }),
  outputs,
}

const grokOperation = { providerTaskId: GROK_ID, dialect: 'grok', path: '/grok/v1/videos' }
const onGrok = shared(GROK_ID, grokOperation)

export const grokSubject: ProviderSubject = {
  open,
  model: 'grok-imagine-video',
  accepted: { reply: json(200, fixtures.grok_created), operation: grokOperation },
  refusals: {
    ...onGrok.refusals,
    'a prompt against the guidelines comes with 403': {
      reply: json(403, { code: 'no permission', error: 'Content violates usage guidelines.' }),
      expected: refused('moderation_blocked', 'Content violates usage guidelines.'),
    },
  },
  verdicts: {
    ...onGrok.verdicts,
    'U14: only a request_id': { reply: json(200, fixtures.grok_created), expected: { kind: 'running' } },
    processing: { reply: json(200, fixtures.grok_processing), expected: { kind: 'running' } },
    queued: { reply: json(200, { status: 'queued' }), expected: { kind: 'waiting' } },
    done: { reply: json(200, fixtures.grok_done), expected: done('https://vidgen.example/out.mp4') },
    expired: {
      reply: json(200, { status: 'expired' }),
      expected: failed('provider_expired', 'The provider says that the job expired.'),
    },
    'F03: wrapper: the link of the job of xAI': {
      reply: json(200, fixtures.grok_wrapped_done),
      expected: done('https://vidgen.example/inner.mp4', FINISHED_MS),
    },
    'wrapper: success of a video that was held back': {
      reply: json(200, fixtures.grok_wrapped_moderated),
      expected: failed('moderation_blocked', 'The video was held back by moderation.'),
    },
  },
  otherJob: json(200, { request_id: '4b2cd27e-0000-4000-8000-000000000099', status: 'done' }),
  outputs,
}
