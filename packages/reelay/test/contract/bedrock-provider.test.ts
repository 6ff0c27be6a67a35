import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/bedrock/fixtures/answers.json' with { type: 'json' }
import { createBedrock } from '../../src/providers/bedrock/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, type Behaviour, type Reply } from './fault-server.ts'
import { noVerdictCases, refusalCases, type RefusalCase } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import {
  inputFile,
  openSubject,
  plainRequest,
  startRequest,
  type ProviderSubject,
} from './provider-subject.ts'

const ARN = fixtures.started.invocationArn
const MODEL = 'amazon.nova-reel-v1:1'
const RAY = 'luma.ray-v2:0'
const PROMPT = 'a red ball rolls over a table'
const NOW_MS = 1_790_000_000_000
const FINISHED_AT_MS = Date.UTC(2026, 0, 1, 0, 1, 30)
const signal = new AbortController().signal
const { errors } = fixtures

const job = (fields: object, status = 200): Reply => json(status, { ...fixtures.running, ...fields })
const error = (status: number, name: string, body: object): Reply =>
  json(status, body, { 'x-amzn-errortype': name })
const refused = (
  code: 'account' | 'invalid_input' | 'moderation_blocked' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const laterOn = (detail: string): StartOutcome => ({
  kind: 'not_sent',
  detail,
  retryAtMs: NOW_MS + 5_000,
  pauseAccountMs: 5_000,
})
const failed = (code: 'provider_failed' | 'moderation_blocked', detail: string): Verdict => ({
  kind: 'failed',
  code,
  detail,
})
const storedAt = (s3Uri: string): Reply =>
  job({ status: 'Completed', outputDataConfig: { s3OutputDataConfig: { s3Uri } } })
const done = (ref: string, finished: { finishedAtMs?: number } = {}): Verdict => ({
  kind: 'done',
  outputs: [{ role: 'video', ref }],
  ...finished,
})
const NAMES_NO_PLACE = failed(
  'provider_failed',
  'The provider says that the job is completed, and names no place of its video.',
)

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) =>
    createBedrock({
      region: 'us-east-1',
      keys: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret_1', sessionToken: 'session_token_1' },
      outputUri: 's3://bucket/videos/',
      baseUrl,
      s3BaseUrl: baseUrl,
      guarded,
      clock,
    }),
  model: MODEL,
  accepted: { reply: json(200, fixtures.started), operation: { providerTaskId: ARN } },
  refusals: {
    'a bad field': {
      reply: error(400, 'ValidationException', errors.validation),
      expected: refused('invalid_input', 'The seed is not in its range. (ValidationException)'),
    },
    'its filters': {
      reply: error(400, 'ValidationException', errors.filtered),
      expected: refused('moderation_blocked', `${errors.filtered.message} (ValidationException)`),
    },
    'too fast': {
      reply: error(429, 'ThrottlingException', errors.throttled),
      expected: laterOn(`${errors.throttled.message} (ThrottlingException)`),
    },
    'too fast with 400, its name before an address': {
      reply: error(400, 'ThrottlingException:http://internal.example/', errors.throttled),
      expected: laterOn(`${errors.throttled.message} (ThrottlingException)`),
    },
    'a quota that is used up, with 400': {
      reply: error(400, 'ServiceQuotaExceededException', errors.quota),
      expected: laterOn(`${errors.quota.message} (ServiceQuotaExceededException)`),
    },
    'no access': {
      reply: error(403, 'AccessDeniedException', errors.denied),
      expected: refused('account', `${errors.denied.message} (AccessDeniedException)`),
    },
    'a bad signature': {
      reply: error(403, 'InvalidSignatureException', errors.bad_signature),
      expected: refused('account', `${errors.bad_signature.message} (InvalidSignatureException)`),
    },
    'half a signature, with 400': {
      reply: error(400, 'IncompleteSignature', errors.incomplete_signature),
      expected: refused('account', `${errors.incomplete_signature.Message} (IncompleteSignature)`),
    },
    'a token that has ended, its name in the body': {
      reply: json(400, { __type: 'com.amazon.coral.service#ExpiredTokenException', ...errors.expired }),
      expected: refused('account', `${errors.expired.message} (ExpiredTokenException)`),
    },
    'no such model': {
      reply: error(404, 'ResourceNotFoundException', errors.no_model),
      expected: refused('rejected_by_provider', `${errors.no_model.message} (ResourceNotFoundException)`),
    },
  },
  verdicts: {
    running: { reply: json(200, fixtures.running), expected: { kind: 'running' } },
    'F35: completed': {
      reply: json(200, fixtures.done),
      expected: done('s3://bucket/abc123/output.mp4', { finishedAtMs: FINISHED_AT_MS }),
    },
    'completed, the folder above being named': {
      reply: storedAt('s3://my.bucket/a/b c/'),
      expected: done('s3://my.bucket/a/b c/abc123/output.mp4'),
    },
    'completed in a bucket that is called like the job': {
      reply: storedAt('s3://abc123'),
      expected: done('s3://abc123/abc123/output.mp4'),
    },
    'completed without a place': {
      reply: job({ status: 'Completed', outputDataConfig: {} }),
      expected: NAMES_NO_PLACE,
    },
    'completed at a place that is none of S3': {
      reply: storedAt('https://x.example/abc123'),
      expected: NAMES_NO_PLACE,
    },
    'completed in a bucket that is another host': {
      reply: storedAt('s3://x.example:80@y/abc123'),
      expected: NAMES_NO_PLACE,
    },
    'completed above its bucket': { reply: storedAt('s3://bucket/../other'), expected: NAMES_NO_PLACE },
    failed: {
      reply: job({ ...fixtures.failed, endTime: 'soon' }),
      expected: failed('provider_failed', 'The model could not make the video.'),
    },
    'failed without a reason': {
      reply: job({ status: 'Failed' }),
      expected: failed('provider_failed', 'The provider gave no reason.'),
    },
    'failed by its filters': {
      reply: job({ ...fixtures.blocked, endTime: null }),
      expected: failed('moderation_blocked', fixtures.blocked.failureMessage),
    },
    'an unknown status': {
      reply: job({ status: 'Expired' }),
      expected: { kind: 'unrecognised', status: 'Expired' },
    },
    'the job itself with an error status': { reply: job({}, 500), expected: { kind: 'running' } },
    'no such job': {
      reply: error(400, 'ValidationException', errors.no_job),
      expected: { kind: 'gone' },
    },
    'no such resource': {
      reply: error(404, 'ResourceNotFoundException', errors.no_model),
      expected: { kind: 'gone' },
    },
  },
  otherJob: job({ invocationArn: ARN.replace('abc123', 'other1') }),
  outputs: () => ({ bucket: { role: 'video', ref: 's3://bucket/abc123/output.mp4' } }),
}

providerContract('bedrock', subject)

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  'the answer of a create': json(200, fixtures.started),
  'a bad question': error(400, 'ValidationException', errors.validation),
  'a route that is missing': json(404, { message: 'Not Found' }),
  'no such job with status 500': error(500, 'ValidationException', errors.no_job),
  'a server error in its own words': error(500, 'InternalServerException', errors.internal),
}

noVerdictCases('bedrock', subject, NO_VERDICTS)

const UNKNOWN: Readonly<Record<string, Reply>> = {
  'a conflict, since an earlier copy may be there': error(400, 'ConflictException', errors.conflict),
  'a server error in its own words': error(500, 'InternalServerException', errors.internal),
  'an outage in its own words': error(503, 'ServiceUnavailableException', errors.unavailable),
  'an id that is no invocation': json(200, { invocationArn: 'abc123' }),
}

for (const [title, reply] of Object.entries(UNKNOWN)) {
  test(`bedrock start: ${title} is unknown, with one POST`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(reply))
    await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
    assert.equal(upstream.posts(), 1)
  })
}

type BodyCase = [title: string, model: string, request: object, files: string[], modelInput: object]

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const config = { fps: 24, dimension: '1280x720' }
const oneShot = { taskType: 'TEXT_VIDEO', videoGenerationConfig: { durationSeconds: 6, ...config } }
const png = { format: 'png', source: { bytes: base64('first_frame') } }
const keyframe = (role: string): object => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: base64(role) },
})

const BODIES: readonly BodyCase[] = [
  ['as little as can be', MODEL, {}, [], { ...oneShot, textToVideoParams: { text: PROMPT } }],
  [
    'a picture, a tier with a ratio, and a seed of zero',
    'amazon.nova-reel-v1:0',
    { resolution: '720p', aspectRatio: '16:9', seconds: '6', seed: 0, generateAudio: false },
    ['first_frame'],
    {
      taskType: 'TEXT_VIDEO',
      textToVideoParams: { text: PROMPT, images: [png] },
      videoGenerationConfig: { durationSeconds: 6, ...config, seed: 0 },
    },
  ],
  [
    'two minutes from one text',
    MODEL,
    { size: '1280x720', seconds: '120', seed: 2_147_483_646 },
    [],
    {
      taskType: 'MULTI_SHOT_AUTOMATED',
      multiShotAutomatedParams: { text: PROMPT },
      videoGenerationConfig: { durationSeconds: 120, ...config, seed: 2_147_483_646 },
    },
  ],
  [
    'shots with texts of their own, after a picture',
    MODEL,
    { seconds: '18', providerOptions: { shots: ['it falls', 'it breaks'] } },
    ['first_frame'],
    {
      taskType: 'MULTI_SHOT_MANUAL',
      multiShotManualParams: {
        shots: [{ text: PROMPT, image: png }, { text: 'it falls' }, { text: 'it breaks' }],
      },
      videoGenerationConfig: config,
    },
  ],
  [
    'a model of the family that is not listed',
    'amazon.nova-reel-v2:0',
    { seconds: '9' },
    [],
    {
      taskType: 'MULTI_SHOT_AUTOMATED',
      multiShotAutomatedParams: { text: PROMPT },
      videoGenerationConfig: { durationSeconds: 9, ...config },
    },
  ],
  ['Ray by its prompt', RAY, {}, [], { prompt: PROMPT }],
  [
    'Ray with all it takes',
    RAY,
    { size: '720x1280', seconds: '9', providerOptions: { loop: true } },
    ['last_frame', 'first_frame'],
    {
      prompt: PROMPT,
      aspect_ratio: '9:16',
      resolution: '720p',
      duration: '9s',
      loop: true,
      keyframes: { frame0: keyframe('first_frame'), frame1: keyframe('last_frame') },
    },
  ],
]

for (const [title, model, given, roles, modelInput] of BODIES) {
  test(`bedrock start: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
    const inputs = roles.map((role) => inputFile(role as 'reference', role))
    const request = { ...plainRequest(model), ...given }
    const outcome = await provider.start(startRequest(model, { request, inputs, clientToken: 'token_7' }))
    assert.equal(outcome.kind, 'accepted')
    const [seen] = upstream.seen
    assert.equal(seen?.path, '/async-invoke')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), {
      modelId: model,
      modelInput,
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket/videos' } },
      clientRequestToken: 'token_7',
    })
  })
}

const shots = (given: unknown): object => ({ providerOptions: { shots: given } })

const REFUSED: readonly RefusalCase[] = [
  ['another size', MODEL, { size: '1920x1080' }, [], /makes 1280x720 only/],
  ['a seed that is too large', MODEL, { seed: 2_147_483_647 }, [], /from 0 to 2147483646/],
  ['a negative prompt', MODEL, { negativePrompt: 'rain' }, [], /no negative_prompt/],
  ['sound', MODEL, { generateAudio: true }, [], /no generate_audio/],
  ['a last frame', MODEL, {}, ['first_frame', 'last_frame'], /takes no last_frame/],
  [
    'a picture for 12 seconds of one text',
    MODEL,
    { seconds: '12' },
    ['first_frame'],
    /provider_options\.shots/,
  ],
  ['a prompt that is too long', MODEL, { prompt: 'x'.repeat(513) }, [], /1 to 512 characters here, not 513/],
  ['a story that is too long', MODEL, { prompt: 'x'.repeat(4_001), seconds: '12' }, [], /1 to 4000/],
  ['no prompt', MODEL, { prompt: ' ' }, [], /1 to 512/],
  ['shots that are no list', MODEL, shots('a'), [], /list of 1 to 19 texts/],
  ['no shot', MODEL, shots([]), [], /list of 1 to 19 texts/],
  ['a shot that is no text', MODEL, shots(['a', { text: 'b' }]), [], /list of 1 to 19 texts/],
  ['too many shots', MODEL, shots(Array.from({ length: 20 }, () => 'a')), [], /list of 1 to 19 texts/],
  ['a shot that is too long', MODEL, shots(['x'.repeat(513)]), [], /text of shot 2 has 1 to 512/],
  [
    'a length that the shots have not',
    MODEL,
    { seconds: '12', ...shots(['a', 'b']) },
    [],
    /3 shots make 18 seconds/,
  ],
  ['shots where there is one', 'amazon.nova-reel-v1:0', shots(['a']), [], /makes 6 seconds, 6 a shot/],
  ['an option of the other family', MODEL, { providerOptions: { loop: true } }, [], /has no loop/],
  ['shots of Ray', RAY, shots(['a']), [], /has no shots/],
  ['a seed of Ray', RAY, { seed: 1 }, [], /Ray has no seed/],
  ['a tier that Ray lacks', RAY, { size: '1920x1080' }, [], /resolution/],
  ['a model of text', 'amazon.nova-pro-v1:0', {}, [], /name amazon\.nova-reel-… or luma\.ray-…/],
]

refusalCases('bedrock', subject, REFUSED)

test('bedrock start: other pictures than PNG and JPEG are refused', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(subject.accepted.reply))
  for (const model of [MODEL, RAY]) {
    const inputs = [{ ...inputFile('first_frame', 'x'), mime: 'image/webp' }]
    const outcome = await provider.start(startRequest(model, { inputs }))
    assert.deepEqual(
      outcome,
      refused('invalid_input', 'Bedrock takes PNG and JPEG pictures, not image/webp.'),
    )
  }
  assert.equal(upstream.posts(), 0)
})

const pages: Behaviour = (request, response) => {
  const page = request.path.includes('nextToken') ? fixtures.last_page : fixtures.page
  answer(json(200, page))(request, response)
}

test('bedrock find: by the token, the newest first, page after page', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, pages)
  assert.deepEqual(await provider.find?.('token_1', signal), { providerTaskId: ARN })
  const query =
    'maxResults=500&sortBy=SubmissionTime&sortOrder=Descending&submitTimeAfter=2026-09-14T14%3A13%3A20Z'
  assert.deepEqual(
    upstream.seen.map(({ method, path }) => [method, path]),
    [
      ['GET', `/async-invoke?${query}`],
      ['GET', `/async-invoke?${query}&nextToken=AQ%2B%2Fb%3D%3D`],
    ],
  )
})

test('bedrock find: what is not listed proves nothing, and the pages have an end', async (context) => {
  const ended = await openSubject(context, subject, answer(json(200, fixtures.last_page)))
  assert.equal(await ended.provider.find?.('token_2', signal), 'unsure')
  assert.equal(ended.upstream.seen.length, 1)
  const endless = await openSubject(context, subject, answer(json(200, fixtures.page)))
  assert.equal(await endless.provider.find?.('token_2', signal), 'unsure')
  assert.equal(endless.upstream.seen.length, 10)
})

test('bedrock find: an answer that is no list is a fault', async (context) => {
  for (const reply of [html(200), json(200, {}), error(400, 'ValidationException', errors.validation)]) {
    const { provider } = await openSubject(context, subject, answer(reply))
    await assert.rejects(async () => provider.find?.('token_1', signal), { name: 'ProbeUnavailable' })
  }
})

test('bedrock check: a list of one job, or what is wrong with the keys', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, { asyncInvokeSummaries: [] })))
  assert.equal((await good.provider.check?.(signal))?.ok, true)
  assert.equal(good.upstream.seen[0]?.path, '/async-invoke?maxResults=1')
  const reply = error(403, 'UnrecognizedClientException', errors.expired)
  const bad = await openSubject(context, subject, answer(reply))
  const detail = `${errors.expired.message} (UnrecognizedClientException) (HTTP 403)`
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})

test('bedrock: an ARN leads to its job, another id does not', async (context) => {
  const { provider } = await openSubject(context, subject, answer(html(200)))
  const hints = { model: null, endpoint: null }
  assert.deepEqual(provider.operationOf?.(` ${ARN} `, hints), { providerTaskId: ARN })
  for (const id of ['abc123', `${ARN}/x`, `${ARN}?x`]) {
    const wrong = provider.operationOf?.(id, hints)
    assert.match(typeof wrong === 'string' ? wrong : '', /^Give the ARN of the invocation/)
  }
})
