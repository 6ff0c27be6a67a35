import type { DialectName, Secrets } from '@reelay/simulator'
import { createArk } from '../../src/providers/ark/index.ts'
import { createBedrock } from '../../src/providers/bedrock/index.ts'
import { createCometapi } from '../../src/providers/cometapi/index.ts'
import { createComfyui } from '../../src/providers/comfyui/index.ts'
import { createDashscope } from '../../src/providers/dashscope/index.ts'
import { createFal } from '../../src/providers/fal/index.ts'
import { createGemini } from '../../src/providers/gemini/index.ts'
import { createKling } from '../../src/providers/kling/index.ts'
import { createLocalai } from '../../src/providers/localai/index.ts'
import { createLuma } from '../../src/providers/luma/index.ts'
import { createMinimax } from '../../src/providers/minimax/index.ts'
import { createOpenai } from '../../src/providers/openai/index.ts'
import { createOpenrouter } from '../../src/providers/openrouter/index.ts'
import { createPixverse } from '../../src/providers/pixverse/index.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { createReplicate } from '../../src/providers/replicate/index.ts'
import { createRunway } from '../../src/providers/runway/index.ts'
import { createVertex } from '../../src/providers/vertex/index.ts'
import { createVidu } from '../../src/providers/vidu/index.ts'
import { createXai } from '../../src/providers/xai/index.ts'
import { COMFYUI_WORKFLOWS } from './comfyui-workflows.ts'
import type { SimulatedParts } from './simulated-provider-contract.ts'

export type FleetParts = SimulatedParts & { secrets: Secrets }

/** One provider of the fleet: an adapter, and the dialect that it speaks. */
export type FleetMember = {
  dialect: DialectName
  model: string
  open(parts: FleetParts): Provider
  /** Default `key-1`. */
  apiKey?: string
  /** As what a job that fails may end; default `provider_failed`. */
  failureCodes?: readonly string[]
}

/** The failures that its dialect plays by itself are of this kind. */
const MODERATED = ['moderation_blocked']

/** Every dialect that has an adapter of its own. A new one is a line here. */
export const FLEET: readonly FleetMember[] = [
  { dialect: 'ark', model: 'doubao-seedance-1-0-pro-250528', open: createArk, failureCodes: MODERATED },
  {
    dialect: 'bedrock',
    model: 'amazon.nova-reel-v1:1',
    apiKey: 'AKIDEXAMPLE:secret',
    open: (parts) =>
      createBedrock({
        ...parts,
        s3BaseUrl: parts.baseUrl,
        region: 'us-east-1',
        keys: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
        outputUri: 's3://my-bucket/videos',
      }),
  },
  { dialect: 'comet', model: 'wan2.6', open: createCometapi },
  {
    dialect: 'comfyui',
    model: 'wan',
    open: (parts) => createComfyui({ ...parts, workflows: COMFYUI_WORKFLOWS }),
  },
  { dialect: 'dashscope', model: 'wan2.6-t2v', open: createDashscope, failureCodes: MODERATED },
  { dialect: 'fal', model: 'fal-ai/veo3.1', open: createFal },
  {
    dialect: 'gemini',
    model: 'veo-3.1-generate-preview',
    open: (parts) => createGemini({ ...parts, webhookSecrets: [parts.secrets.hmac] }),
  },
  { dialect: 'kling', model: 'kling-v2-6', open: createKling },
  {
    dialect: 'localai',
    model: 'longcat-video',
    open: createLocalai,
    // What fails while it is waited for was refused; what is followed in the background has failed.
    failureCodes: ['rejected_by_provider', 'provider_failed'],
  },
  { dialect: 'luma', model: 'ray-2', open: createLuma },
  { dialect: 'minimax', model: 'MiniMax-Hailuo-2.3', open: createMinimax },
  {
    dialect: 'openai',
    model: 'sora-2',
    open: (parts) => createOpenai({ ...parts, dialect: 'openai', webhookSecrets: [parts.secrets.hmac] }),
  },
  {
    dialect: 'openrouter',
    model: 'google/veo-3.1',
    open: (parts) => createOpenrouter({ ...parts, webhookSecret: parts.secrets.hmac }),
  },
  {
    dialect: 'pixverse',
    model: 'pixverse-v5.5',
    open: (parts) => createPixverse({ ...parts, webhookId: '7', webhookSecret: parts.secrets.hmac }),
  },
  {
    dialect: 'replicate',
    model: 'google/veo-3.1',
    open: (parts) => createReplicate({ ...parts, webhookSecrets: [parts.secrets.hmac] }),
  },
  { dialect: 'runway', model: 'gen4.5', open: createRunway },
  {
    dialect: 'sglang',
    model: 'Wan-AI/Wan2.1-T2V-1.3B-Diffusers',
    open: (parts) => createOpenai({ ...parts, dialect: 'sglang' }),
  },
  {
    dialect: 'vertex',
    model: 'veo-3.1-generate-001',
    open: (parts) =>
      createVertex({
        ...parts,
        project: 'my-project',
        accessToken: parts.apiKey,
        storageBaseUrl: parts.baseUrl,
        storageUri: 'gs://my-bucket/videos',
      }),
  },
  { dialect: 'vidu', model: 'viduq3-pro', open: createVidu },
  {
    dialect: 'vllm',
    model: 'Wan-AI/Wan2.2-T2V-A14B-Diffusers',
    open: (parts) => createOpenai({ ...parts, dialect: 'vllm-omni' }),
  },
  { dialect: 'xai', model: 'grok-imagine-video', open: createXai },
]
