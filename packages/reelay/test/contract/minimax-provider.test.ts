import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/minimax/fixtures/answers.json' with { type: 'json' }
import { OutputGone, OutputUnavailable, SubmitUnknown } from '../../src/providers/provider.ts'
import { answer, html, json, type Behaviour, type Reply } from './fault-server.ts'
import {
  MINIMAX_FILE as FILE,
  minimaxRefused as refused,
  minimaxV1 as v1,
  minimaxV2 as v2,
} from './minimax-subject.ts'
import { providerContract } from './provider-contract.ts'
import { inputFile, openSubject, plainRequest, startRequest } from './provider-subject.ts'

const signal = new AbortController().signal

providerContract('minimax v1', v1)
providerContract('minimax v2', v2)

const RESTS: readonly [reply: Reply, pauseAccountMs: number | undefined][] = [
  [json(200, fixtures.v1_too_fast), 5_000],
  [json(200, fixtures.v1_no_balance), 60_000],
  [json(200, fixtures.v1_bad_key), 60_000],
  [json(200, fixtures.v1_timeout), undefined],
  [json(200, fixtures.v1_bad_parameter), undefined],
  // F19: nobody answers a callback's challenge by polling.
  [json(200, fixtures.callback_challenge), undefined],
]

for (const [reply, pauseAccountMs] of RESTS) {
  test(`minimax probe: no verdict, the account rests ${pauseAccountMs} ms: ${String(reply.body)}`, async (context) => {
    const { provider } = await openSubject(context, v1, answer(reply))
    const expected = { name: 'ProbeUnavailable', pauseAccountMs }
    await assert.rejects(provider.probe(v1.accepted.operation, signal), expected)
  })
}

test('minimax start: its own timeout with status 200 is unknown', async (context) => {
  const { provider } = await openSubject(context, v1, answer(json(200, fixtures.v1_timeout)))
  await assert.rejects(provider.start(startRequest(v1.model)), SubmitUnknown)
})

test('minimax probe: each generation at its own path', async (context) => {
  const { provider, upstream } = await openSubject(context, v1, answer(json(400, fixtures.v2_invalid_task)))
  await provider.probe({ providerTaskId: 'a/b:c', version: 'v1' }, signal)
  await provider.probe({ providerTaskId: 'a/b:c', version: 'v2' }, signal)
  const stored = provider.probe({ providerTaskId: 'a' }, signal)
  await assert.rejects(stored, /stored without its version/)
  const paths = upstream.seen.map(({ path }) => path)
  const query = '/query/video_generation'
  assert.deepEqual(paths, [`/v1${query}?task_id=a%2Fb%3Ac`, `/v2${query}/a%2Fb%3Ac`])
})

type Case = { model: string; request?: object; inputs?: ReturnType<typeof inputFile>[] }
const uri = (text: string): string => `data:image/png;base64,${Buffer.from(text).toString('base64')}`
const image = (text: string, role: string): object => ({
  type: 'image_url',
  image_url: { url: uri(text) },
  role,
})
const PROMPT = 'a red ball rolls over a table'
const TEXT = { type: 'text', text: PROMPT }

const BODIES: readonly (Case & { path: string; body: object })[] = [
  { model: 'MiniMax-Hailuo-2.3', path: '/v1/video_generation', body: { prompt: PROMPT } },
  {
    model: 'MiniMax-Hailuo-02',
    request: { seconds: '6', resolution: '1080p', providerOptions: { prompt_optimizer: false } },
    inputs: [inputFile('first_frame', 'first'), inputFile('last_frame', 'last')],
    path: '/v1/video_generation',
    body: {
      prompt: PROMPT,
      duration: 6,
      resolution: '1080P',
      prompt_optimizer: false,
      first_frame_image: uri('first'),
      last_frame_image: uri('last'),
    },
  },
  {
    model: 'I2V-01',
    inputs: [inputFile('reference', 'a')],
    path: '/v1/video_generation',
    body: { prompt: PROMPT, first_frame_image: uri('a') },
  },
  {
    model: 'MiniMax-H3',
    path: '/v2/video_generation',
    body: { content: [TEXT], resolution: '2K', duration: 5, ratio: '16:9' },
  },
  {
    model: 'MiniMax-H3-Max',
    request: { aspectRatio: '1:1' },
    path: '/v2/video_generation',
    body: { content: [TEXT], resolution: '768P', duration: 5, ratio: '1:1' },
  },
  {
    model: 'MiniMax-H3',
    request: { seconds: '12', size: '2560x1440', providerOptions: { aigc_watermark: true } },
    inputs: [inputFile('reference', 'a'), inputFile('reference', 'b')],
    path: '/v2/video_generation',
    body: {
      content: [TEXT, image('a', 'reference_image'), image('b', 'reference_image')],
      resolution: '2K',
      duration: 12,
      ratio: '16:9',
      aigc_watermark: true,
    },
  },
  {
    model: 'MiniMax-H3',
    request: { aspectRatio: 'adaptive' },
    inputs: [inputFile('first_frame', 'a'), inputFile('last_frame', 'b')],
    path: '/v2/video_generation',
    body: {
      content: [TEXT, image('a', 'first_frame'), image('b', 'last_frame')],
      resolution: '2K',
      duration: 5,
    },
  },
]

for (const { model, request, inputs = [], path, body } of BODIES) {
  test(`minimax start: ${model} with ${JSON.stringify({ request, files: inputs.length })}`, async (context) => {
    const { provider, upstream } = await openSubject(context, v1, answer(json(200, fixtures.v1_created)))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...request }, inputs }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, path)
    assert.equal(seen?.headers.authorization, 'Bearer key_1')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), { model, ...body })
  })
}

test('minimax start: what it cannot take is refused before anything is sent', async (context) => {
  const { provider, upstream } = await openSubject(context, v1, answer(json(200, fixtures.v1_created)))
  const outcome = await provider.start(startRequest('MiniMax-H3', { inputs: [inputFile('last_frame', 'a')] }))
  assert.equal(outcome.kind === 'rejected' ? outcome.code : outcome.kind, 'invalid_input')
  const request = { ...plainRequest('MiniMax-H3'), seed: 7, negativePrompt: 'rain' }
  assert.deepEqual(
    await provider.start(startRequest('MiniMax-H3', { request })),
    refused('invalid_input', 'MiniMax has no seed and no negative_prompt: leave it out.'),
  )
  assert.equal(upstream.seen.length, 0)
})

const CLIP = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom\0\0\0\0isomavc1')])
const clip: Reply = { status: 200, headers: { 'content-type': 'video/mp4' }, body: CLIP }
const filed = { role: 'video', ref: `file_id:${FILE}` } as const

/** Answers the question for a file's link, and everything else with a video. */
const filing =
  (file: Reply): Behaviour =>
  (request, response) =>
    answer(request.path.startsWith('/v1/files/retrieve') ? file : clip)(request, response)

/** The link leads back to this server. */
const filingItself: Behaviour = (request, response) => {
  const download_url = `http://${request.headers.host}/cdn/v.mp4`
  const file = { ...fixtures.v1_file.file, download_url }
  filing(json(200, { ...fixtures.v1_file, file }))(request, response)
}

test('minimax open: a file is asked for a fresh link first', async (context) => {
  const { provider, upstream } = await openSubject(context, v1, filingItself)
  const opened = await provider.open(filed, v1.accepted.operation, signal)
  opened.close()
  const paths = upstream.seen.map(({ path }) => path)
  assert.deepEqual(paths, [`/v1/files/retrieve?file_id=${FILE}`, '/cdn/v.mp4'])
})

const NO_LINKS: Readonly<Record<string, [Reply, typeof OutputGone | typeof OutputUnavailable]>> = {
  'no such file': [json(200, fixtures.v1_no_file), OutputGone],
  'a file without a link': [
    json(200, { file: { ...fixtures.v1_file.file, download_url: 'www.example' } }),
    OutputUnavailable,
  ],
  'too fast': [json(200, fixtures.v1_too_fast), OutputUnavailable],
  'a page': [html(200), OutputUnavailable],
  'an error': [html(502), OutputUnavailable],
}

for (const [title, [reply, expected]] of Object.entries(NO_LINKS)) {
  test(`minimax open: ${title} is no output`, async (context) => {
    const { provider, upstream } = await openSubject(context, v1, filing(reply))
    await assert.rejects(provider.open(filed, v1.accepted.operation, signal), expected)
    assert.equal(upstream.seen.length, 1)
  })
}

test('minimax open: the link of another file is no output', async (context) => {
  const { provider, upstream } = await openSubject(context, v1, filingItself)
  const other = { role: 'video', ref: `file_id:${FILE}0` } as const
  await assert.rejects(provider.open(other, v1.accepted.operation, signal), OutputUnavailable)
  assert.equal(upstream.seen.length, 1)
})
