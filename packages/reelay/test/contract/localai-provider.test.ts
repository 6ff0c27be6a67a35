import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/localai/fixtures/answers.json' with { type: 'json' }
import { createLocalai } from '../../src/providers/localai/index.ts'
import { SubmitUnknown } from '../../src/providers/provider.ts'
import type { StartOutcome, Verdict } from '../../src/task/verdict.ts'
import { answer, html, json, reset, type Behaviour, type Reply } from './fault-server.ts'
import { noVerdictCases, refusalCases, type RefusalCase } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import { inputFile, openSubject, plainRequest, startRequest } from './provider-subject.ts'
import type { Opened, ProviderSubject } from './provider-subject.ts'

const ID = 'a1b2c3d4-0000-4000-8000-000000000001'
const MODEL = 'longcat-video'
const FILE = '/generated-videos/b64123.mp4'
const NOW_MS = 1_790_000_000_000
const OPERATION = { providerTaskId: ID, file: FILE }
const HANDED_OVER = { providerTaskId: 'token_1' }
const signal = new AbortController().signal

const refused = (
  code: 'account' | 'invalid_input' | 'rejected_by_provider',
  detail: string,
): StartOutcome => ({ kind: 'rejected', code, detail })
const busy = (detail: string, pauseMs: number): StartOutcome => ({
  kind: 'not_sent',
  detail,
  retryAtMs: NOW_MS + pauseMs,
  pauseAccountMs: pauseMs,
})

const done: Verdict = { kind: 'done', outputs: [{ role: 'video', ref: FILE }] }

/** The first byte of a file of 4 096 bytes. */
const firstByte: Reply = {
  status: 206,
  headers: { 'content-type': 'video/mp4', 'content-range': 'bytes 0-0/4096' },
  body: '\0',
}

const subject: ProviderSubject = {
  open: ({ baseUrl, guarded, clock }) => createLocalai({ baseUrl, apiKey: 'key_1', guarded, clock }),
  model: MODEL,
  accepted: { reply: json(200, fixtures.created), operation: OPERATION },
  refusals: {
    'a link that is a path': {
      reply: json(200, fixtures.created_with_path),
      expected: { kind: 'accepted', operation: OPERATION },
    },
    'a picture that cannot be read': {
      reply: json(400, fixtures.bad_image),
      expected: refused('invalid_input', 'code=400, message=invalid start_image: media payload is empty'),
    },
    'a wrong key': {
      reply: json(401, fixtures.bad_key),
      expected: refused('account', 'An authentication key is required (401)'),
    },
    'hardware that no backend runs on': {
      reply: json(412, fixtures.hardware),
      expected: refused('rejected_by_provider', 'code=412, message=no compatible backend image'),
    },
    'a backend that failed: its own 500 is final': {
      reply: json(500, fixtures.backend_failed),
      expected: refused('rejected_by_provider', 'rpc error: CUDA out of memory (500)'),
    },
    'a backend that makes no videos': {
      reply: json(501, fixtures.no_video_backend),
      expected: refused('rejected_by_provider', 'code=501, message=unimplemented'),
    },
    'a model that failed to load a moment ago': {
      reply: json(503, fixtures.cooling_down, { 'retry-after': '12' }),
      expected: busy('model load recently failed (503)', 12_000),
    },
    'a model that is being loaded': {
      reply: json(503, fixtures.model_loading, { 'retry-after': '7' }),
      expected: busy('model longcat-video is loading (model_loading)', 7_000),
    },
  },
  verdicts: {
    'the first byte of the file': {
      reply: firstByte,
      expected: done,
    },
    'the whole file, where ranges are ignored': {
      reply: { status: 200, headers: { 'content-type': 'video/mp4' }, body: 'whole' },
      expected: done,
    },
    'a whole file that is longer than any answer': {
      reply: {
        status: 200,
        headers: { 'content-type': 'video/mp4' },
        body: Buffer.alloc(6 * 1024 * 1024, 1),
      },
      expected: done,
    },
    'no such file': { reply: json(404, fixtures.not_found), expected: { kind: 'gone' } },
  },
  otherJob: json(200, { ...fixtures.created, id: 'another' }),
  outputs: (baseUrl) => ({ link: { role: 'video', ref: baseUrl + FILE } }),
}

providerContract('localai', subject, {
  'start: U12: no answer after it was accepted is unknown: never sent again':
    'it answers when the video is made: a call that takes long is followed in the background, see below',
})

test('localai start: an answer without a link is unknown', async (context) => {
  for (const body of [fixtures.created_inline, fixtures.created_with_foreign_path]) {
    const { provider } = await openSubject(context, subject, answer(json(200, body)))
    await assert.rejects(provider.start(startRequest(MODEL)), SubmitUnknown)
  }
})

type Answers = { opened: Opened; reply: (behave: Behaviour) => void }

/** A call that was handed over, and the way to answer it. Files are there. */
async function handedOver(context: Parameters<typeof openSubject>[0]): Promise<Answers> {
  const asked = Promise.withResolvers<(behave: Behaviour) => void>()
  const opened = await openSubject(context, subject, (request, response) => {
    if (request.method === 'GET') answer(firstByte)(request, response)
    else asked.resolve((behave) => behave(request, response))
  })
  const started = opened.provider.start(startRequest(MODEL))
  const reply = await asked.promise
  opened.clock.advance(60_000)
  assert.deepEqual(await started, { kind: 'accepted', operation: HANDED_OVER })
  return { opened, reply }
}

/** Looks until the answer has been read: it takes a few turns of the event loop. */
async function settled({ provider }: Opened): Promise<Verdict> {
  for (let look = 0; look < 1_000; look += 1) {
    const verdict = await provider.probe(HANDED_OVER, signal)
    if (verdict.kind !== 'running') return verdict
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { kind: 'running' }
}

const LATE: readonly [title: string, behave: Behaviour, verdict: Verdict][] = [
  ['the result', answer(json(200, fixtures.created)), done],
  [
    'a failure of its own',
    answer(json(500, fixtures.backend_failed)),
    { kind: 'failed', code: 'provider_failed', detail: 'rpc error: CUDA out of memory (500)' },
  ],
  [
    'a refusal of the input',
    answer(json(400, fixtures.bad_image)),
    {
      kind: 'failed',
      code: 'invalid_input',
      detail: 'code=400, message=invalid start_image: media payload is empty',
    },
  ],
  [
    'too busy',
    answer(json(503, fixtures.model_loading)),
    {
      kind: 'failed',
      code: 'provider_failed',
      detail: 'model longcat-video is loading (model_loading)',
    },
  ],
  ['a connection that breaks off', reset, { kind: 'gone' }],
  ['a page of a proxy', answer(html(504)), { kind: 'gone' }],
]

for (const [title, behave, verdict] of LATE) {
  test(`localai: a call of more than a minute goes on: ${title}`, async (context) => {
    const { opened, reply } = await handedOver(context)
    assert.deepEqual(await opened.provider.probe(HANDED_OVER, signal), { kind: 'running' })
    reply(behave)
    assert.deepEqual(await settled(opened), verdict)
    assert.deepEqual(await opened.provider.probe(HANDED_OVER, signal), verdict)
    assert.equal(opened.upstream.posts(), 1)
  })
}

test('localai: the end of the caller does not end a call that was handed over', async (context) => {
  const caller = new AbortController()
  const asked = Promise.withResolvers<(behave: Behaviour) => void>()
  const opened = await openSubject(context, subject, (request, response) => {
    if (request.method === 'GET') answer(firstByte)(request, response)
    else asked.resolve((behave) => behave(request, response))
  })
  const started = opened.provider.start(startRequest(MODEL, { signal: caller.signal }))
  const reply = await asked.promise
  opened.clock.advance(60_000)
  await started
  caller.abort()
  reply(answer(json(200, fixtures.created)))
  assert.deepEqual(await settled(opened), done)
})

test('localai: after a day nobody waits for an answer any more', async (context) => {
  const { opened } = await handedOver(context)
  opened.clock.advance(24 * 3_600_000)
  assert.deepEqual(await settled(opened), { kind: 'gone' })
})

test('localai: a call that another process waited for is gone', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(firstByte))
  assert.deepEqual(await provider.probe(HANDED_OVER, signal), { kind: 'gone' })
  assert.equal(upstream.seen.length, 0)
})

test('localai stop: ends the calls that are under way', async (context) => {
  const { opened } = await handedOver(context)
  await opened.provider.stop?.()
  assert.deepEqual(await settled(opened), { kind: 'gone' })
})

test('localai probe: asks for the first byte of the file, with the key', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(firstByte))
  await provider.probe(OPERATION, signal)
  const [seen] = upstream.seen
  assert.deepEqual([seen?.method, seen?.path, seen?.headers.range], ['GET', FILE, 'bytes=0-0'])
  assert.equal(seen?.headers.authorization, 'Bearer key_1')
})

const NO_VERDICTS: Readonly<Record<string, Reply>> = {
  'a range of nothing': { ...firstByte, headers: { 'content-range': 'bytes 0-0/0' } },
  'a range without its place': { ...firstByte, headers: {} },
  'a 404 in other words': json(404, { error: { message: 'no', code: '' } }),
}

noVerdictCases('localai', subject, NO_VERDICTS)

const BODIES: readonly [title: string, request: object, files: string[], body: object][] = [
  ['text alone', {}, [], {}],
  [
    'pixels, a seed and what to avoid',
    { size: '832x480', seed: 7, negativePrompt: 'fog' },
    [],
    { width: 832, height: 480, seed: 7, negative_prompt: 'fog' },
  ],
  [
    'a tier and a ratio as pixels on its grid',
    { resolution: '480p', aspectRatio: '16:9' },
    [],
    { width: 848, height: 480 },
  ],
  [
    'a length as frames, and options',
    { seconds: '5', providerOptions: { fps: 16, step: 30, cfg_scale: 7.5 } },
    [],
    { num_frames: 80, fps: 16, step: 30, cfg_scale: 7.5 },
  ],
  ['frames that are counted already', { providerOptions: { num_frames: 93 } }, [], { num_frames: 93 }],
  [
    'the first and the last frame',
    {},
    ['last_frame', 'first_frame'],
    { start_image: 'data:image/png;base64,YQ==', end_image: 'data:image/png;base64,YQ==' },
  ],
  ['a file without a role', {}, ['reference'], { start_image: 'data:image/png;base64,YQ==' }],
]

for (const [title, given, roles, expected] of BODIES) {
  test(`localai start: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.created)))
    const inputs = roles.map((role) => inputFile(role as 'reference', 'a'))
    const request = { ...plainRequest(MODEL), ...given }
    await provider.start(startRequest(MODEL, { request, inputs }))
    const [seen] = upstream.seen
    assert.deepEqual([seen?.path, seen?.headers.authorization], ['/video', 'Bearer key_1'])
    const common = { model: MODEL, prompt: request.prompt, response_format: 'url' }
    assert.deepEqual(JSON.parse(seen?.body ?? ''), { ...common, ...expected })
  })
}

const REFUSED: readonly RefusalCase[] = [
  ['a length without a frame rate', MODEL, { seconds: '5' }, [], /provider_options\.fps/],
  [
    'a length and a number of frames',
    MODEL,
    { seconds: '5', providerOptions: { fps: 16, num_frames: 10 } },
    [],
    /not both/,
  ],
  ['a tier alone', MODEL, { resolution: '720p' }, [], /takes pixels: give size/],
  ['a ratio alone', MODEL, { aspectRatio: '16:9' }, [], /takes pixels: give size/],
  ['a size that is no size', MODEL, { size: 'large' }, [], /WIDTHxHEIGHT/],
  ['a seed beyond 32 bits', MODEL, { seed: 2_147_483_648 }, [], /up to 2147483647/],
  ['sound', MODEL, { generateAudio: false }, [], /no generate_audio/],
  ['three files', MODEL, {}, ['reference', 'reference', 'reference'], /two files at most/],
]

refusalCases('localai', subject, REFUSED)

test('localai check: its models, or what is wrong with the key', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, fixtures.models)))
  assert.equal((await good.provider.check?.(signal))?.ok, true)
  assert.equal(good.upstream.seen[0]?.path, '/v1/models')
  const bad = await openSubject(context, subject, answer(json(401, fixtures.bad_key)))
  const detail = 'An authentication key is required (401) (HTTP 401)'
  assert.deepEqual(await bad.provider.check?.(signal), { ok: false, detail })
})

test('localai: no key where there is none', async (context) => {
  const keyless: ProviderSubject = {
    ...subject,
    open: ({ baseUrl, guarded, clock }) => createLocalai({ baseUrl: `${baseUrl}/v1/`, guarded, clock }),
  }
  const { provider, upstream } = await openSubject(context, keyless, answer(json(200, fixtures.created)))
  await provider.start(startRequest(MODEL))
  assert.deepEqual([upstream.seen[0]?.path, upstream.seen[0]?.headers.authorization], ['/video', undefined])
})
