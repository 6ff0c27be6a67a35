import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createArk } from '../../src/providers/ark/index.ts'
import { createBedrock } from '../../src/providers/bedrock/index.ts'
import { createCometapi } from '../../src/providers/cometapi/index.ts'
import { createComfyui } from '../../src/providers/comfyui/index.ts'
import { createDashscope } from '../../src/providers/dashscope/index.ts'
import { createFal } from '../../src/providers/fal/index.ts'
import { createGemini } from '../../src/providers/gemini/index.ts'
import { createKling } from '../../src/providers/kling/index.ts'
import { createLuma } from '../../src/providers/luma/index.ts'
import { createMinimax } from '../../src/providers/minimax/index.ts'
import { createOpenai } from '../../src/providers/openai/index.ts'
import { createPixverse } from '../../src/providers/pixverse/index.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { createReplicate } from '../../src/providers/replicate/index.ts'
import { createRunway } from '../../src/providers/runway/index.ts'
import { createVertex } from '../../src/providers/vertex/index.ts'
import { createVidu } from '../../src/providers/vidu/index.ts'
import { createXai } from '../../src/providers/xai/index.ts'
import { systemIds } from '../../src/system/ids.ts'
import type { Operation, Verdict } from '../../src/task/verdict.ts'
import { answer, json, type Behaviour, type Reply } from './fault-server.ts'
import { openSubject, startRequest, type ProviderSubject } from './provider-subject.ts'

/**
 * One answer or callback as it is published: `src` says where, after a letter. `T`: taken from a test of that client, `C`: a
 * recorded answer, `D`: a sample of the documentation, `S`: put together from the types of a client. Values are invented.
 */
type PublicAnswer = {
  fx: string
  p: string
  kind: 'create' | 'poll' | 'poll-wrapper' | 'poll+callback' | 'create-error' | 'callback' | 'challenge'
  http: number
  expect: 'queued' | 'in_progress' | 'completed' | 'failed' | 'retry' | 'poll' | 'echo'
  body: unknown
}

/** An adapter, and the job that the answers of that name are about. */
type Adapter = { open: ProviderSubject['open']; model: string; operation?: Operation; callback?: boolean }

const apiKey = 'key_1'
const job = (providerTaskId: string, more: object = {}): Operation => ({ providerTaskId, ...more })
const VEO = 'veo-3.1-generate-preview'
const VERTEX = 'projects/p/locations/us-central1/publishers/google/models/veo/operations/abc'
const BEDROCK = 'arn:aws:bedrock:us-east-1:123456789012:async-invoke/abc123'
const FAL = '/fal-ai/luma-ray-2/requests/764c'
const minimax: ProviderSubject['open'] = (given) => createMinimax({ ...given, apiKey })
const gemini: ProviderSubject['open'] = (given) => createGemini({ ...given, apiKey })
const kling: ProviderSubject['open'] = (given) => createKling({ ...given, apiKey })
const pixverse: ProviderSubject['open'] = (given) => createPixverse({ ...given, apiKey, ids: systemIds })
const openai: ProviderSubject['open'] = (given) => createOpenai({ ...given, apiKey, dialect: 'auto' })
const fal: ProviderSubject['open'] = (given) => createFal({ ...given, apiKey })

const WORKFLOWS = { text: { 6: { class_type: 'CLIPTextEncode', inputs: { text: '{{prompt}}' } } } }

const ADAPTERS: Readonly<Record<string, Adapter>> = {
  cometapi: {
    open: (given) => createCometapi({ ...given, apiKey }),
    model: 'wan2.6',
    operation: job('task_01HX'),
  },
  'cometapi wrapper': {
    open: (given) => createCometapi({ ...given, apiKey }),
    model: 'wan2.6',
    operation: job('5f7e'),
  },
  dashscope: {
    open: (given) => createDashscope({ ...given, apiKey }),
    model: 'wan2.6-t2v',
    operation: job('task-abc-123', { submittedAtMs: 1_767_225_600_000 }),
  },
  ark: {
    open: (given) => createArk({ ...given, apiKey }),
    model: 'doubao-seedance-1-0-pro-250528',
    operation: job('cgt-20260101000000-abcde'),
  },
  veo: { open: gemini, model: VEO, operation: job(`models/${VEO}/operations/abc`) },
  'veo operations/empty-op': { open: gemini, model: VEO, operation: job('operations/empty-op') },
  'gemini-webhook': { open: gemini, model: VEO },
  kling: {
    open: kling,
    model: 'kling-v2-6',
    operation: job('867283741759111202', { endpoint: '/v1/videos/text2video' }),
  },
  'kling-callback': { open: kling, model: 'kling-v2-6' },
  minimax1: {
    open: minimax,
    model: 'MiniMax-Hailuo-02',
    operation: job('176843862716480', { version: 'v1' }),
  },
  minimax2: { open: minimax, model: 'MiniMax-H3', operation: job('t-1', { version: 'v2' }) },
  'minimax-callback': { open: minimax, model: 'MiniMax-H3' },
  runway: {
    open: (given) => createRunway({ ...given, apiKey }),
    model: 'gen4_turbo',
    operation: job('17f20503-6c24-4c16-946b-35dbbce2af2f'),
  },
  luma: {
    open: (given) => createLuma({ ...given, apiKey }),
    model: 'ray-2',
    operation: job('8f3c1a52-0000-4000-8000-000000000001'),
  },
  vidu: {
    open: (given) => createVidu({ ...given, apiKey }),
    model: 'viduq2',
    operation: job('v-1', { payload: 'our-7' }),
  },
  pixverse: { open: pixverse, model: 'v5', operation: job('123456789') },
  'pixverse-callback': { open: pixverse, model: 'v5' },
  xai: {
    open: (given) => createXai({ ...given, apiKey }),
    model: 'grok-imagine-video',
    operation: job('r-1'),
  },
  fal: {
    open: fal,
    model: 'fal-ai/luma-ray-2',
    operation: job('764cabcf-b745-4b3e-ae38-1200304cf45b', {
      statusPath: `${FAL}/status`,
      responsePath: FAL,
    }),
  },
  'fal-callback': { open: fal, model: 'fal-ai/luma-ray-2' },
  replicate: {
    open: (given) => createReplicate({ ...given, apiKey }),
    model: 'owner/name',
    operation: job('ufawqhfynnddngldkgtslldrkq'),
  },
  bedrock: {
    open: (given) => {
      const keys = { accessKeyId: 'a', secretAccessKey: 'b' }
      return createBedrock({ ...given, region: 'us-east-1', keys, outputUri: 's3://bucket' })
    },
    model: 'amazon.nova-reel-v1:1',
    operation: job(BEDROCK),
  },
  openai: { open: openai, model: 'sora-2', operation: job('video_abc') },
  'openai-callback': { open: openai, model: 'sora-2' },
  'vllm-omni': { open: openai, model: 'Wan-AI/Wan2.2', operation: job('video_gen_0a1b') },
  comfyui: {
    open: ({ baseUrl, guarded, clock }) => createComfyui({ baseUrl, workflows: WORKFLOWS, guarded, clock }),
    model: 'text',
    operation: job('p-1'),
  },
  vertex: {
    open: (given) => createVertex({ ...given, project: 'p', accessToken: 'ya29.token_1' }),
    model: 'veo',
    operation: job(VERTEX),
  },
}

/** What each canonical status is as a verdict. */
const VERDICTS: Readonly<Record<string, readonly Verdict['kind'][]>> = {
  queued: ['waiting'],
  in_progress: ['running', 'waiting'],
  completed: ['done'],
  failed: ['failed'],
}

const signal = new AbortController().signal

/** Where ComfyUI tells what it has not finished: its history has nothing of it. */
const QUEUE = json(200, { queue_running: [[1, 'p-1', {}, {}, ['9']]], queue_pending: [] })

const behave =
  (each: PublicAnswer): Behaviour =>
  (request, response) =>
    answer(request.path === '/queue' ? QUEUE : replyOf(each))(request, response)

const replyOf = ({ http, body }: PublicAnswer): Reply =>
  body === null ? { status: http, body: '' } : json(http, body)

function adapterOf({ fx, p, kind }: PublicAnswer): Adapter {
  const name = fx === 'F11' ? `${p} operations/empty-op` : p
  const adapter = ADAPTERS[kind === 'poll-wrapper' ? `${p} wrapper` : name]
  assert.ok(adapter, `no adapter speaks ${p}`)
  return adapter
}

/** The same bytes as a callback: it hurries, and decides nothing. */
async function hurries(provider: Provider, { body, expect }: PublicAnswer): Promise<void> {
  const reading = await provider.readCallback?.({
    headers: {},
    body: Buffer.from(JSON.stringify(body)),
    urls: [],
  })
  assert.ok(reading, 'the adapter reads no callbacks')
  assert.equal(reading.verdict, 'unsigned')
  if (expect === 'echo') assert.equal(reading.answer, JSON.stringify(body))
  else assert.equal(reading.answer, undefined)
}

const lines = readFileSync(new URL('public-answers.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
const answers = lines.map((line) => JSON.parse(line) as PublicAnswer)

test('there are 41 public answers, each with a name of its own', () => {
  assert.equal(new Set(answers.map(({ fx }) => fx)).size, 41)
})

for (const each of answers) {
  const { fx, p, kind, expect } = each
  test(`${fx}: ${p} ${kind} is ${expect}`, async (context) => {
    const { open, model, operation } = adapterOf(each)
    const { provider } = await openSubject(context, { open } as ProviderSubject, behave(each))
    if (kind === 'create' || kind === 'create-error') {
      const outcome = await provider.start(startRequest(model))
      assert.equal(outcome.kind, kind === 'create' ? 'accepted' : 'not_sent', JSON.stringify(outcome))
      if (outcome.kind === 'accepted')
        assert.equal(outcome.operation.providerTaskId, operation?.providerTaskId)
    } else if (kind === 'callback' || kind === 'challenge') {
      await hurries(provider, each)
    } else {
      assert.ok(operation)
      const verdict = await provider.probe(operation, signal)
      assert.ok(VERDICTS[expect]?.includes(verdict.kind), JSON.stringify(verdict))
      if (verdict.kind === 'done') assert.ok(verdict.outputs.length > 0)
      if (kind === 'poll+callback') await hurries(provider, each)
    }
  })
}
