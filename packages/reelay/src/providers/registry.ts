import { join } from 'node:path'
import { webhookSecretsIn } from '../callbacks/standard-webhook.ts'
import type { MediaHost } from '../media/media-host.ts'
import type { GuardedClient } from '../net/guarded-fetch.ts'
import type { Clock } from '../system/clock.ts'
import type { Ids } from '../system/ids.ts'
import type { Log } from '../system/log.ts'
import type { Provider } from './provider.ts'
import { VERTEX_KIND } from './vertex-kind.ts'

/** How one of a provider's environment variables is read. A URL loses trailing slashes and a trailing `/v1`. */
export type ProviderSetting =
  | { kind: 'secret' }
  /** What a provider signs callbacks with, `whsec_…`: several with commas between them while it is rotated. */
  | { kind: 'webhook_secrets' }
  | { kind: 'text' }
  | { kind: 'url' }
  | { kind: 'choice'; of: readonly string[] }

/** A provider's settings, checked: those that are set, by the names of their variables. */
export type ProviderSettings = Readonly<Record<string, string | undefined>>

/** What adapters are built with. */
export type ProviderParts = {
  guarded: GuardedClient
  clock: Clock
  ids: Ids
  media: MediaHost
  log: Log
  /** Of the gateway: an adapter that keeps something makes a folder of its own in it. */
  dataDir: string
}

export type ProviderKind = {
  name: string
  settings: Readonly<Record<string, ProviderSetting>>
  /** The settings any of which turns it on; none: it is always there. */
  enabledBy: readonly string[]
  /** Its jobs live in this process: no other can follow them. */
  isOfThisProcess?: true
  /** Used when a request names no model and nothing else is configured. */
  defaultModel?: string
  /** What is wrong with settings that are fine one by one. */
  faultOf?: (settings: ProviderSettings) => string | undefined
  /** Loads the adapter: those that are not configured cost neither time nor memory. */
  create: (settings: ProviderSettings, parts: ProviderParts) => Promise<Provider>
}

type KeyedOptions = Pick<ProviderParts, 'guarded' | 'clock' | 'ids'> & {
  apiKey: string
  baseUrl?: string | undefined
}

const OPENAI_DIALECTS = ['auto', 'openai', 'sglang', 'vllm-omni'] as const

/** A provider that needs one key, and has a base URL of its own that can be moved. */
const keyed = (
  name: string,
  keySetting: string,
  urlSetting: string,
  load: () => Promise<(options: KeyedOptions) => Provider>,
): ProviderKind => ({
  name,
  settings: { [keySetting]: { kind: 'secret' }, [urlSetting]: { kind: 'url' } },
  enabledBy: [keySetting],
  create: async (settings, { guarded, clock, ids }) => {
    const create = await load()
    return create({ apiKey: settings[keySetting] ?? '', baseUrl: settings[urlSetting], guarded, clock, ids })
  },
})

/** A keyed provider with separate hosts, keys and models in each region. */
const regional = <Region extends string>(
  name: string,
  prefix: string,
  regions: readonly Region[],
  load: () => Promise<(options: KeyedOptions & { region?: Region | undefined }) => Provider>,
): ProviderKind => {
  const plain = keyed(name, `${prefix}_API_KEY`, `${prefix}_BASE_URL`, load)
  const setting = `${prefix}_REGION`
  return {
    ...plain,
    settings: { ...plain.settings, [setting]: { kind: 'choice', of: regions } },
    create: async (settings, { guarded, clock, ids }) => {
      const create = await load()
      return create({
        apiKey: settings[`${prefix}_API_KEY`] ?? '',
        baseUrl: settings[`${prefix}_BASE_URL`],
        region: regions.find((region) => region === settings[setting]),
        guarded,
        clock,
        ids,
      })
    },
  }
}

/** What Bedrock needs besides the bucket: AWS_… alone are there for other programs, and turn nothing on. */
const AWS_NEEDED = ['AWS_REGION', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']

function bedrockFault(settings: ProviderSettings): string | undefined {
  const { BEDROCK_OUTPUT_S3_URI: folder, AWS_REGION: region } = settings
  if (folder === undefined) return undefined
  const missing = AWS_NEEDED.filter((name) => settings[name] === undefined)
  if (missing.length > 0) return `${missing.join(' and ')} must be set with BEDROCK_OUTPUT_S3_URI`
  if (!/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/|$)/.test(folder)) {
    return 'BEDROCK_OUTPUT_S3_URI must be s3://bucket or s3://bucket/prefix'
  }
  return /^[a-z]{2}(-[a-z]+)+-\d+$/.test(region ?? '')
    ? undefined
    : 'AWS_REGION must be the name of a region, such as us-east-1'
}

/** Every provider that the gateway speaks to, in the order in which they are preferred: one line each. */
export const PROVIDER_KINDS: readonly ProviderKind[] = [
  keyed(
    'cometapi',
    'COMETAPI_KEY',
    'COMETAPI_BASE_URL',
    async () => (await import('./cometapi/index.ts')).createCometapi,
  ),
  {
    name: 'openai',
    settings: {
      OPENAI_VIDEO_BASE_URL: { kind: 'url' },
      OPENAI_VIDEO_API_KEY: { kind: 'secret' },
      OPENAI_VIDEO_DIALECT: { kind: 'choice', of: OPENAI_DIALECTS },
      OPENAI_VIDEO_WEBHOOK_SECRET: { kind: 'webhook_secrets' },
    },
    enabledBy: ['OPENAI_VIDEO_BASE_URL'],
    create: async (settings, { guarded, clock }) => {
      const { createOpenai } = await import('./openai/index.ts')
      return createOpenai({
        baseUrl: settings['OPENAI_VIDEO_BASE_URL'] ?? '',
        apiKey: settings['OPENAI_VIDEO_API_KEY'],
        dialect: OPENAI_DIALECTS.find((dialect) => dialect === settings['OPENAI_VIDEO_DIALECT']) ?? 'auto',
        webhookSecrets: webhookSecretsIn(settings['OPENAI_VIDEO_WEBHOOK_SECRET']),
        guarded,
        clock,
      })
    },
  },
  regional(
    'ark',
    'ARK',
    ['cn-beijing', 'ap-southeast'],
    async () => (await import('./ark/index.ts')).createArk,
  ),
  regional(
    'dashscope',
    'DASHSCOPE',
    ['cn', 'intl', 'us'],
    async () => (await import('./dashscope/index.ts')).createDashscope,
  ),
  {
    name: 'kling',
    settings: {
      KLING_API_KEY: { kind: 'secret' },
      KLING_ACCESS_KEY: { kind: 'secret' },
      KLING_SECRET_KEY: { kind: 'secret' },
      KLING_BASE_URL: { kind: 'url' },
    },
    enabledBy: ['KLING_API_KEY', 'KLING_ACCESS_KEY'],
    faultOf: ({ KLING_API_KEY, KLING_ACCESS_KEY, KLING_SECRET_KEY }) =>
      KLING_API_KEY === undefined && KLING_ACCESS_KEY !== undefined && KLING_SECRET_KEY === undefined
        ? 'KLING_SECRET_KEY must be set with KLING_ACCESS_KEY'
        : undefined,
    create: async (settings, { guarded, clock }) => {
      const { createKling } = await import('./kling/index.ts')
      return createKling({
        apiKey: settings['KLING_API_KEY'],
        accessKey: settings['KLING_ACCESS_KEY'],
        secretKey: settings['KLING_SECRET_KEY'],
        baseUrl: settings['KLING_BASE_URL'],
        guarded,
        clock,
      })
    },
  },
  keyed(
    'runway',
    'RUNWAYML_API_SECRET',
    'RUNWAYML_BASE_URL',
    async () => (await import('./runway/index.ts')).createRunway,
  ),
  {
    name: 'gemini',
    settings: {
      GEMINI_API_KEY: { kind: 'secret' },
      GEMINI_BASE_URL: { kind: 'url' },
      GEMINI_WEBHOOK_SECRET: { kind: 'webhook_secrets' },
      GEMINI_WEBHOOK_AUDIENCE: { kind: 'text' },
    },
    enabledBy: ['GEMINI_API_KEY'],
    create: async (settings, { guarded, clock }) => {
      const { createGemini } = await import('./gemini/index.ts')
      return createGemini({
        apiKey: settings['GEMINI_API_KEY'] ?? '',
        baseUrl: settings['GEMINI_BASE_URL'],
        webhookSecrets: webhookSecretsIn(settings['GEMINI_WEBHOOK_SECRET']),
        webhookAudience: settings['GEMINI_WEBHOOK_AUDIENCE'],
        guarded,
        clock,
      })
    },
  },
  VERTEX_KIND,
  keyed(
    'minimax',
    'MINIMAX_API_KEY',
    'MINIMAX_BASE_URL',
    async () => (await import('./minimax/index.ts')).createMinimax,
  ),
  keyed('vidu', 'VIDU_API_KEY', 'VIDU_BASE_URL', async () => (await import('./vidu/index.ts')).createVidu),
  keyed('xai', 'XAI_API_KEY', 'XAI_BASE_URL', async () => (await import('./xai/index.ts')).createXai),
  keyed(
    'luma',
    'LUMAAI_API_KEY',
    'LUMAAI_BASE_URL',
    async () => (await import('./luma/index.ts')).createLuma,
  ),
  {
    name: 'bedrock',
    settings: {
      AWS_REGION: { kind: 'text' },
      AWS_ACCESS_KEY_ID: { kind: 'secret' },
      AWS_SECRET_ACCESS_KEY: { kind: 'secret' },
      AWS_SESSION_TOKEN: { kind: 'secret' },
      BEDROCK_OUTPUT_S3_URI: { kind: 'text' },
      BEDROCK_BASE_URL: { kind: 'url' },
      BEDROCK_S3_BASE_URL: { kind: 'url' },
    },
    enabledBy: ['BEDROCK_OUTPUT_S3_URI'],
    faultOf: bedrockFault,
    create: async (settings, { guarded, clock }) => {
      const { createBedrock } = await import('./bedrock/index.ts')
      return createBedrock({
        region: settings['AWS_REGION'] ?? '',
        keys: {
          accessKeyId: settings['AWS_ACCESS_KEY_ID'] ?? '',
          secretAccessKey: settings['AWS_SECRET_ACCESS_KEY'] ?? '',
          sessionToken: settings['AWS_SESSION_TOKEN'],
        },
        outputUri: settings['BEDROCK_OUTPUT_S3_URI'] ?? '',
        baseUrl: settings['BEDROCK_BASE_URL'],
        s3BaseUrl: settings['BEDROCK_S3_BASE_URL'],
        guarded,
        clock,
      })
    },
  },
  keyed('fal', 'FAL_KEY', 'FAL_BASE_URL', async () => (await import('./fal/index.ts')).createFal),
  {
    name: 'replicate',
    settings: {
      REPLICATE_API_TOKEN: { kind: 'secret' },
      REPLICATE_BASE_URL: { kind: 'url' },
      REPLICATE_WEBHOOK_SECRET: { kind: 'webhook_secrets' },
    },
    enabledBy: ['REPLICATE_API_TOKEN'],
    create: async (settings, { guarded, clock }) => {
      const { createReplicate } = await import('./replicate/index.ts')
      return createReplicate({
        apiKey: settings['REPLICATE_API_TOKEN'] ?? '',
        baseUrl: settings['REPLICATE_BASE_URL'],
        webhookSecrets: webhookSecretsIn(settings['REPLICATE_WEBHOOK_SECRET']),
        guarded,
        clock,
      })
    },
  },
  {
    name: 'pixverse',
    settings: {
      PIXVERSE_API_KEY: { kind: 'secret' },
      PIXVERSE_BASE_URL: { kind: 'url' },
      PIXVERSE_WEBHOOK_ID: { kind: 'text' },
      PIXVERSE_WEBHOOK_SECRET: { kind: 'secret' },
    },
    enabledBy: ['PIXVERSE_API_KEY'],
    create: async (settings, { guarded, clock, ids }) => {
      const { createPixverse } = await import('./pixverse/index.ts')
      return createPixverse({
        apiKey: settings['PIXVERSE_API_KEY'] ?? '',
        baseUrl: settings['PIXVERSE_BASE_URL'],
        webhookId: settings['PIXVERSE_WEBHOOK_ID'],
        webhookSecret: settings['PIXVERSE_WEBHOOK_SECRET'],
        guarded,
        clock,
        ids,
      })
    },
  },
  {
    name: 'openrouter',
    settings: {
      OPENROUTER_API_KEY: { kind: 'secret' },
      OPENROUTER_BASE_URL: { kind: 'url' },
      OPENROUTER_WEBHOOK_SECRET: { kind: 'secret' },
    },
    enabledBy: ['OPENROUTER_API_KEY'],
    create: async (settings, { guarded, clock }) => {
      const { createOpenrouter } = await import('./openrouter/index.ts')
      return createOpenrouter({
        apiKey: settings['OPENROUTER_API_KEY'] ?? '',
        baseUrl: settings['OPENROUTER_BASE_URL'],
        webhookSecret: settings['OPENROUTER_WEBHOOK_SECRET'],
        guarded,
        clock,
      })
    },
  },
  {
    name: 'localai',
    settings: { LOCALAI_BASE_URL: { kind: 'url' }, LOCALAI_API_KEY: { kind: 'secret' } },
    enabledBy: ['LOCALAI_BASE_URL'],
    create: async (settings, { guarded, clock }) => {
      const { createLocalai } = await import('./localai/index.ts')
      const baseUrl = settings['LOCALAI_BASE_URL'] ?? ''
      return createLocalai({ baseUrl, apiKey: settings['LOCALAI_API_KEY'], guarded, clock })
    },
  },
  {
    name: 'comfyui',
    settings: { COMFYUI_BASE_URL: { kind: 'url' }, COMFYUI_WORKFLOWS: { kind: 'text' } },
    enabledBy: ['COMFYUI_BASE_URL'],
    faultOf: ({ COMFYUI_BASE_URL, COMFYUI_WORKFLOWS }) =>
      COMFYUI_BASE_URL !== undefined && COMFYUI_WORKFLOWS === undefined
        ? 'COMFYUI_WORKFLOWS must name a folder of workflows when COMFYUI_BASE_URL is set'
        : undefined,
    create: async (settings, { guarded, clock }) => {
      const { createComfyui, readWorkflows } = await import('./comfyui/index.ts')
      const workflows = await readWorkflows(settings['COMFYUI_WORKFLOWS'] ?? '')
      return createComfyui({ baseUrl: settings['COMFYUI_BASE_URL'] ?? '', workflows, guarded, clock })
    },
  },
  {
    name: 'local',
    settings: {},
    enabledBy: [],
    isOfThisProcess: true,
    defaultModel: 'local/preview',
    create: async (_settings, { media, clock, log, dataDir }) => {
      const { createLocal } = await import('./local/index.ts')
      return createLocal({ directory: join(dataDir, 'local'), media, clock, log })
    },
  },
]
