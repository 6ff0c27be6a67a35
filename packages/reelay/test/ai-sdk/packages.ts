import { createAlibaba } from '@ai-sdk/alibaba'
import { createBlackForestLabs } from '@ai-sdk/black-forest-labs'
import { createFal } from '@ai-sdk/fal'
import { createGateway } from '@ai-sdk/gateway'
import { createGoogle } from '@ai-sdk/google'
import { createGoogleVertex } from '@ai-sdk/google-vertex'
import { createMiniMax } from '@ai-sdk/minimax'
import { createReplicate } from '@ai-sdk/replicate'
import { createXai } from '@ai-sdk/xai'
import fixtures from '../../src/providers/ai-sdk/fixtures/answers.json' with { type: 'json' }
import type { VideoModelV4 } from '../../src/providers/ai-sdk/video-model.ts'
import { goingTo } from './bridge-subject.ts'

type Fetch = typeof globalThis.fetch

/** One of the SDK's packages, before a test's server. */
export type VideoPackage = {
  make: (baseUrl: string, fetch: Fetch) => VideoModelV4
  /** A create's answer. */
  created: object
  /** A look's answer, of the same job. */
  running: object
  /** The id under which the job is stored. */
  id: string
}

/** Must never be stored. */
export const KEY = 'sk-canary-0123456789abcdef'

/** All that the gateway has a table for. */
export const PACKAGES: Readonly<Record<string, VideoPackage>> = {
  xai: {
    make: (baseUrl, fetch) =>
      createXai({ apiKey: KEY, baseURL: `${baseUrl}/v1`, fetch }).video('grok-imagine-video'),
    created: fixtures.xai.created,
    running: fixtures.xai.pending,
    id: fixtures.xai.created.request_id,
  },
  minimax: {
    make: (baseUrl, fetch) =>
      createMiniMax({ apiKey: KEY, videoBaseURL: baseUrl, fetch }).video('MiniMax-H3'),
    created: fixtures.minimax.created,
    running: fixtures.minimax.task,
    id: 'task_1',
  },
  'black-forest-labs': {
    make: (baseUrl, fetch) =>
      createBlackForestLabs({
        apiKey: KEY,
        baseURL: 'https://api.bfl.example/v1',
        fetch: goingTo(baseUrl, fetch),
      }).video('flux-3-video'),
    created: fixtures['black-forest-labs'].created,
    running: fixtures['black-forest-labs'].pending,
    id: 'bfl_1',
  },
  gateway: {
    make: (baseUrl, fetch) =>
      createGateway({ apiKey: KEY, baseURL: `${baseUrl}/v4/ai`, fetch }).video('klingai/kling-v2.6-t2v'),
    created: fixtures.gateway.created,
    running: fixtures.gateway.pending,
    id: 'job_1',
  },
  alibaba: {
    make: (baseUrl, fetch) =>
      createAlibaba({ apiKey: KEY, videoBaseURL: baseUrl, fetch }).video('wan2.7-t2v'),
    created: fixtures.alibaba.created,
    running: fixtures.alibaba.running,
    id: 'wan_1',
  },
  google: {
    make: (baseUrl, fetch) =>
      createGoogle({ apiKey: KEY, baseURL: `${baseUrl}/v1beta`, fetch }).video('veo-3.1-generate-preview'),
    created: fixtures.google.created,
    running: fixtures.google.created,
    id: fixtures.google.created.name,
  },
  'google-vertex': {
    make: (baseUrl, fetch) =>
      createGoogleVertex({ apiKey: KEY, baseURL: `${baseUrl}/v1/publishers/google`, fetch }).video('veo-3.1'),
    created: fixtures.vertex.created,
    running: fixtures.vertex.running,
    id: fixtures.vertex.created.name,
  },
  replicate: {
    make: (baseUrl, fetch) =>
      createReplicate({ apiToken: KEY, fetch: goingTo(baseUrl, fetch) }).video('minimax/video-01'),
    created: fixtures.replicate.created,
    running: fixtures.replicate.created,
    id: 'pred_1',
  },
  fal: {
    make: (baseUrl, fetch) =>
      createFal({ apiKey: KEY, fetch: goingTo(baseUrl, fetch) }).video('luma-dream-machine'),
    created: fixtures.fal.created,
    running: fixtures.fal.still,
    id: 'fal_1',
  },
}
