import assert from 'node:assert/strict'
import { test } from 'node:test'
import fixtures from '../../src/providers/comfyui/fixtures/answers.json' with { type: 'json' }
import type { Verdict } from '../../src/task/verdict.ts'
import {
  COMFYUI_ID as ID,
  COMFYUI_OPERATION as OPERATION,
  comfyuiDone as done,
  comfyuiNode as node,
  comfyuiSubject as subject,
} from './comfyui-subject.ts'
import { answer, html, json, type Behaviour, type Reply } from './fault-server.ts'
import { refusalCases, type RefusalCase } from './provider-cases.ts'
import { providerContract } from './provider-contract.ts'
import { inputFile, openSubject, plainRequest, startRequest } from './provider-subject.ts'

/** Made from `token_1`. */
const PROMPT_ID = 'ccee1a67-bb5b-8c0b-8cc9-5e39dfa8ed36'
const signal = new AbortController().signal

providerContract('comfyui', subject)

type Route = { path: string; replies: readonly Reply[] }

/** Answers in turn by path; the last of a path stays. */
function routes(...given: readonly Route[]): Behaviour {
  const counts = new Map<string, number>()
  return (request, response) => {
    const { path, replies } = given.find((route) => request.path.startsWith(route.path)) ?? {
      path: '',
      replies: [html(404)],
    }
    const count = counts.get(path) ?? 0
    counts.set(path, count + 1)
    answer(replies[Math.min(count, replies.length - 1)]!)(request, response)
  }
}

const history = (...replies: readonly Reply[]): Route => ({ path: '/history/', replies })
const queue = (...replies: readonly object[]): Route => ({
  path: '/queue',
  replies: replies.map((reply) => json(200, reply)),
})
const nothing = json(200, {})

const LOOKS: readonly [title: string, behave: Behaviour, verdict: Verdict][] = [
  [
    'F40: not in the history, running',
    routes(history(nothing), queue(fixtures.queue_running)),
    { kind: 'running' },
  ],
  [
    'F40: not in the history, queued',
    routes(history(nothing), queue(fixtures.queue_waiting)),
    { kind: 'waiting' },
  ],
  [
    'ended between the two questions',
    routes(history(nothing, json(200, fixtures.success)), queue(fixtures.queue_empty)),
    done('/view?filename=ComfyUI_00001_.mp4&subfolder=video&type=output'),
  ],
  ['absent everywhere', routes(history(nothing), queue(fixtures.queue_empty)), { kind: 'gone' }],
]

for (const [title, behave, verdict] of LOOKS) {
  test(`comfyui probe: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, behave)
    assert.deepEqual(await provider.probe(OPERATION, signal), verdict)
    assert.equal(upstream.posts(), 0)
  })
}

test('comfyui probe: a queue that cannot be read is no verdict', async (context) => {
  const broken = { path: '/queue', replies: [html(502)] }
  const { provider } = await openSubject(context, subject, routes(history(nothing), broken))
  await assert.rejects(provider.probe(OPERATION, signal), { name: 'ProbeUnavailable' })
})

const empty = { status: 200, body: '' }

const CANCELS: readonly [title: string, behave: Behaviour, outcome: string, posts: [string, unknown][]][] = [
  [
    'running',
    routes(queue(fixtures.queue_running), { path: '/interrupt', replies: [empty] }),
    'cancelled',
    [['/interrupt', { prompt_id: ID }]],
  ],
  [
    'queued',
    routes({
      path: '/queue',
      replies: [json(200, fixtures.queue_waiting), empty, json(200, fixtures.queue_empty)],
    }),
    'cancelled',
    [['/queue', { delete: [ID] }]],
  ],
  [
    'started in the meantime',
    routes(
      {
        path: '/queue',
        replies: [json(200, fixtures.queue_waiting), empty, json(200, fixtures.queue_running)],
      },
      { path: '/interrupt', replies: [empty] },
    ),
    'cancelled',
    [
      ['/queue', { delete: [ID] }],
      ['/interrupt', { prompt_id: ID }],
    ],
  ],
  [
    'queued and not to be removed',
    routes({
      path: '/queue',
      replies: [json(200, fixtures.queue_waiting), empty, json(200, fixtures.queue_waiting)],
    }),
    'refused',
    [['/queue', { delete: [ID] }]],
  ],
  ['ended', routes(queue(fixtures.queue_empty)), 'refused', []],
]

for (const [title, behave, outcome, posts] of CANCELS) {
  test(`comfyui cancel: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, behave)
    assert.equal(await provider.cancel?.(OPERATION, signal), outcome)
    const sent = upstream.seen.filter(({ method }) => method === 'POST')
    assert.deepEqual(
      sent.map(({ path, body }) => [path, JSON.parse(body)]),
      posts,
    )
  })
}

test('comfyui cancel: a page instead of the queue is no answer', async (context) => {
  const { provider } = await openSubject(context, subject, answer(html(200)))
  await assert.rejects(async () => provider.cancel?.(OPERATION, signal), { name: 'ProbeUnavailable' })
})

const FINDS: readonly [title: string, behave: Behaviour, found: unknown][] = [
  ['queued, by the client id', routes(queue(fixtures.queue_waiting)), OPERATION],
  [
    'ended, by the id that was asked for',
    routes(queue(fixtures.queue_empty), history(json(200, { [PROMPT_ID]: fixtures.success[ID] }))),
    { providerTaskId: PROMPT_ID },
  ],
  ['nowhere: proves nothing', routes(queue(fixtures.queue_empty), history(nothing)), 'unsure'],
]

for (const [title, behave, found] of FINDS) {
  test(`comfyui find: ${title}`, async (context) => {
    const { provider } = await openSubject(context, subject, behave)
    assert.deepEqual(await provider.find?.('token_1', signal), found)
  })
}

const PROMPT = 'a red ball rolls over a table'
const latent = (width: number, height: number, length: number): object =>
  node('EmptyLatent', { width, height, length })
const sampler = (seed: number, steps: number): object =>
  node('KSampler', { seed, steps, cfg: 7, model: ['4', 0] })
const text = (value: string): object => node('CLIPTextEncode', { text: value })

const GRAPHS: readonly [title: string, model: string, request: object, graph: object][] = [
  [
    'a place within a text',
    'text',
    {},
    { 6: node('CLIPTextEncode', { text: `masterpiece, ${PROMPT}`, clip: ['4', 1] }) },
  ],
  [
    'what fills a place is not searched for places, nor read as a pattern',
    'text',
    { prompt: '{{seed}} $& $1' },
    { 6: node('CLIPTextEncode', { text: 'masterpiece, {{seed}} $& $1', clip: ['4', 1] }) },
  ],
  [
    'fallbacks, no negative prompt, and a seed made from the client token',
    'wan',
    {},
    { 3: sampler(1_669_899_110, 20), 6: text(PROMPT), 7: text(''), 8: latent(832, 480, 81) },
  ],
  [
    'everything said',
    'wan',
    { size: '1280x720', seconds: '3', seed: 7, negativePrompt: 'fog', providerOptions: { steps: 4 } },
    { 3: sampler(7, 4), 6: text(PROMPT), 7: text('fog'), 8: latent(1_280, 720, 49) },
  ],
]

for (const [title, model, given, graph] of GRAPHS) {
  test(`comfyui start: ${title}`, async (context) => {
    const { provider, upstream } = await openSubject(context, subject, answer(json(200, fixtures.queued)))
    await provider.start(startRequest(model, { request: { ...plainRequest(model), ...given } }))
    const [seen] = upstream.seen
    assert.equal(seen?.path, '/prompt')
    assert.deepEqual(JSON.parse(seen?.body ?? ''), {
      prompt: graph,
      prompt_id: PROMPT_ID,
      client_id: 'token_1',
    })
  })
}

test('comfyui start: files are uploaded first, under names of ours', async (context) => {
  const upload = { path: '/upload/image', replies: [json(200, fixtures.uploaded)] }
  const prompt = { path: '/prompt', replies: [json(200, fixtures.queued)] }
  const { provider, upstream } = await openSubject(context, subject, routes(upload, prompt))
  const inputs = [inputFile('first_frame', 'pixels')]
  const request = { ...plainRequest('image'), seconds: '5' }
  const outcome = await provider.start(startRequest('image', { request, inputs }))
  assert.deepEqual(outcome, { kind: 'accepted', operation: OPERATION })
  const [first, second] = upstream.seen
  assert.match(first?.headers['content-type'] ?? '', /^multipart\/form-data; boundary=/)
  assert.match(
    first?.body ?? '',
    /name="image"; filename="token_1-first_frame\.png"\r\n[^]*\r\n\r\npixels\r\n/,
  )
  assert.match(first?.body ?? '', /name="subfolder"\r\n\r\nreelay\r\n/)
  assert.deepEqual(JSON.parse(second?.body ?? '').prompt, {
    1: node('LoadImage', { image: 'reelay/token_1-first_frame.png' }),
    2: node('LoadImage', { image: 'example.png' }),
    6: node('CLIPTextEncode', { text: PROMPT, long: '5 s, false' }),
  })
})

test('comfyui start: a file without a role is a reference where there is a place for one', async (context) => {
  const upload = {
    path: '/upload/image',
    replies: [json(200, { name: 'r.png', subfolder: '', type: 'input' })],
  }
  const prompt = { path: '/prompt', replies: [json(200, fixtures.queued)] }
  const { provider, upstream } = await openSubject(context, subject, routes(upload, prompt))
  await provider.start(startRequest('references', { inputs: [inputFile('reference', 'x')] }))
  assert.deepEqual(JSON.parse(upstream.seen[1]?.body ?? '').prompt, {
    1: node('Stitch', { images: ['r.png', ''], text: PROMPT }),
  })
})

test('comfyui start: an upload that fails sends nothing, and asks for no leave to send', async (context) => {
  const { provider, upstream } = await openSubject(context, subject, answer(html(502)))
  const start = startRequest('image', {
    request: { ...plainRequest('image'), seconds: '5' },
    inputs: [inputFile('first_frame', 'x')],
    mayStillSend: () => assert.fail('asked too early'),
  })
  const outcome = await provider.start(start)
  assert.ok(outcome.kind === 'not_sent', JSON.stringify(outcome))
  assert.match(outcome.detail, /^No video was asked for yet\./)
  assert.deepEqual(
    upstream.seen.map(({ path }) => path),
    ['/upload/image'],
  )
})

const REFUSED: readonly RefusalCase[] = [
  ['a workflow that is not there', 'veo', {}, [], /no workflow "veo"/],
  ['a seed without a place', 'text', { seed: 7 }, [], /workflow text has no place for seed/],
  ['a size without a place', 'text', { size: '640x480' }, [], /no place for size/],
  ['sound without a place', 'wan', { generateAudio: true }, [], /no place for generate_audio/],
  ['a picture without a place', 'text', {}, ['reference'], /no place for first_frame/],
  ['an option of another workflow', 'text', { providerOptions: { steps: 3 } }, [], /provider_options\.steps/],
  ['an option that is a list', 'wan', { providerOptions: { steps: [3] } }, [], /must be a text, a number/],
  ['a picture that is needed', 'image', { seconds: '5' }, [], /workflow image needs first_frame/],
  ['a length that is needed', 'image', {}, ['first_frame'], /workflow image needs seconds/],
  ['a tier alone', 'wan', { resolution: '720p' }, [], /ComfyUI takes pixels/],
]

refusalCases('comfyui', subject, REFUSED)

test('comfyui: its models are the workflows, and its options the places that they have for them', async (context) => {
  const { provider } = await openSubject(context, subject, answer(nothing))
  const ids = provider.models().map(({ id }) => id)
  assert.deepEqual(ids, ['text', 'wan', 'image', 'references'])
  assert.deepEqual(provider.traits.providerOptions, ['steps'])
})

test('comfyui check: the server says what it is', async (context) => {
  const good = await openSubject(context, subject, answer(json(200, fixtures.system_stats)))
  assert.equal((await good.provider.check?.(signal))?.ok, true)
  assert.equal(good.upstream.seen[0]?.path, '/system_stats')
  const bad = await openSubject(context, subject, answer(html(200)))
  assert.equal((await bad.provider.check?.(signal))?.ok, false)
})
