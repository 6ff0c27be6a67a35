import { join } from 'node:path'
import type { MediaHost } from '../media/media-host.ts'
import type { GuardedClient } from '../net/guarded-fetch.ts'
import type { Clock } from '../system/clock.ts'
import type { Ids } from '../system/ids.ts'
import type { Log } from '../system/log.ts'
import type { Provider } from './provider.ts'

/** How one of a provider's environment variables is read. A URL loses trailing slashes and a trailing `/v1`. */
export type ProviderSetting =
  | { kind: 'secret' }
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
    },
    enabledBy: ['OPENAI_VIDEO_BASE_URL'],
    create: async (settings, { guarded, clock }) => {
      const { createOpenai } = await import('./openai/index.ts')
      return createOpenai({
        baseUrl: settings['OPENAI_VIDEO_BASE_URL'] ?? '',
        apiKey: settings['OPENAI_VIDEO_API_KEY'],
        dialect: OPENAI_DIALECTS.find((dialect) => dialect === settings['OPENAI_VIDEO_DIALECT']) ?? 'auto',
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
  keyed(
    'gemini',
    'GEMINI_API_KEY',
    'GEMINI_BASE_URL',
    async () => (await import('./gemini/index.ts')).createGemini,
  ),
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
  keyed('fal', 'FAL_KEY', 'FAL_BASE_URL', async () => (await import('./fal/index.ts')).createFal),
  keyed(
    'replicate',
    'REPLICATE_API_TOKEN',
    'REPLICATE_BASE_URL',
    async () => (await import('./replicate/index.ts')).createReplicate,
  ),
  keyed(
    'pixverse',
    'PIXVERSE_API_KEY',
    'PIXVERSE_BASE_URL',
    async () => (await import('./pixverse/index.ts')).createPixverse,
  ),
  keyed(
    'openrouter',
    'OPENROUTER_API_KEY',
    'OPENROUTER_BASE_URL',
    async () => (await import('./openrouter/index.ts')).createOpenrouter,
  ),
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
    defaultModel: 'local/preview',
    create: async (_settings, { media, clock, log, dataDir }) => {
      const { createLocal } = await import('./local/index.ts')
      return createLocal({ directory: join(dataDir, 'local'), media, clock, log })
    },
  },
]
