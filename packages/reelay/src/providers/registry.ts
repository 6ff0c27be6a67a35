import { join } from 'node:path'
import type { MediaHost } from '../media/media-host.ts'
import type { GuardedClient } from '../net/guarded-fetch.ts'
import type { Clock } from '../system/clock.ts'
import type { Ids } from '../system/ids.ts'
import type { Log } from '../system/log.ts'
import { createArk } from './ark/index.ts'
import { ARK_REGIONS } from './ark/request.ts'
import { createCometapi } from './cometapi/index.ts'
import { createDashscope } from './dashscope/index.ts'
import { DASHSCOPE_REGIONS } from './dashscope/request.ts'
import { createFal } from './fal/index.ts'
import { createGemini } from './gemini/index.ts'
import { createKling } from './kling/index.ts'
import { createLocal } from './local/index.ts'
import { createLuma } from './luma/index.ts'
import { createMinimax } from './minimax/index.ts'
import { createOpenai } from './openai/index.ts'
import { OPENAI_DIALECTS } from './openai/request.ts'
import { createPixverse } from './pixverse/index.ts'
import type { Provider } from './provider.ts'
import { createReplicate } from './replicate/index.ts'
import { createRunway } from './runway/index.ts'
import { createVidu } from './vidu/index.ts'
import { createXai } from './xai/index.ts'

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
  /** What is wrong with settings that are fine one by one. */
  faultOf?: (settings: ProviderSettings) => string | undefined
  create: (settings: ProviderSettings, parts: ProviderParts) => Provider | Promise<Provider>
}

type KeyedOptions = Pick<ProviderParts, 'guarded' | 'clock' | 'ids'> & {
  apiKey: string
  baseUrl?: string | undefined
}

/** A provider that needs one key, and has a base URL of its own that can be moved. */
const keyed = (
  name: string,
  keySetting: string,
  urlSetting: string,
  create: (options: KeyedOptions) => Provider,
): ProviderKind => ({
  name,
  settings: { [keySetting]: { kind: 'secret' }, [urlSetting]: { kind: 'url' } },
  enabledBy: [keySetting],
  create: (settings, { guarded, clock, ids }) =>
    create({ apiKey: settings[keySetting] ?? '', baseUrl: settings[urlSetting], guarded, clock, ids }),
})

/** A keyed provider with separate hosts, keys and models in each region. */
const regional = <Region extends string>(
  name: string,
  prefix: string,
  regions: readonly Region[],
  create: (options: KeyedOptions & { region?: Region | undefined }) => Provider,
): ProviderKind => {
  const plain = keyed(name, `${prefix}_API_KEY`, `${prefix}_BASE_URL`, create)
  const setting = `${prefix}_REGION`
  return {
    ...plain,
    settings: { ...plain.settings, [setting]: { kind: 'choice', of: regions } },
    create: (settings, { guarded, clock, ids }) =>
      create({
        apiKey: settings[`${prefix}_API_KEY`] ?? '',
        baseUrl: settings[`${prefix}_BASE_URL`],
        region: regions.find((region) => region === settings[setting]),
        guarded,
        clock,
        ids,
      }),
  }
}

/** Every provider that the gateway speaks to, in the order in which they are preferred: one line each. */
export const PROVIDER_KINDS: readonly ProviderKind[] = [
  keyed('cometapi', 'COMETAPI_KEY', 'COMETAPI_BASE_URL', createCometapi),
  {
    name: 'openai',
    settings: {
      OPENAI_VIDEO_BASE_URL: { kind: 'url' },
      OPENAI_VIDEO_API_KEY: { kind: 'secret' },
      OPENAI_VIDEO_DIALECT: { kind: 'choice', of: OPENAI_DIALECTS },
    },
    enabledBy: ['OPENAI_VIDEO_BASE_URL'],
    create: ({ OPENAI_VIDEO_BASE_URL = '', OPENAI_VIDEO_API_KEY, ...settings }, { guarded, clock }) =>
      createOpenai({
        baseUrl: OPENAI_VIDEO_BASE_URL,
        apiKey: OPENAI_VIDEO_API_KEY,
        dialect: OPENAI_DIALECTS.find((dialect) => dialect === settings['OPENAI_VIDEO_DIALECT']) ?? 'auto',
        guarded,
        clock,
      }),
  },
  regional('ark', 'ARK', ARK_REGIONS, createArk),
  regional('dashscope', 'DASHSCOPE', DASHSCOPE_REGIONS, createDashscope),
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
    create: (settings, { guarded, clock }) =>
      createKling({
        apiKey: settings['KLING_API_KEY'],
        accessKey: settings['KLING_ACCESS_KEY'],
        secretKey: settings['KLING_SECRET_KEY'],
        baseUrl: settings['KLING_BASE_URL'],
        guarded,
        clock,
      }),
  },
  keyed('runway', 'RUNWAYML_API_SECRET', 'RUNWAYML_BASE_URL', createRunway),
  keyed('gemini', 'GEMINI_API_KEY', 'GEMINI_BASE_URL', createGemini),
  keyed('minimax', 'MINIMAX_API_KEY', 'MINIMAX_BASE_URL', createMinimax),
  keyed('vidu', 'VIDU_API_KEY', 'VIDU_BASE_URL', createVidu),
  keyed('xai', 'XAI_API_KEY', 'XAI_BASE_URL', createXai),
  keyed('luma', 'LUMAAI_API_KEY', 'LUMAAI_BASE_URL', createLuma),
  keyed('fal', 'FAL_KEY', 'FAL_BASE_URL', createFal),
  keyed('replicate', 'REPLICATE_API_TOKEN', 'REPLICATE_BASE_URL', createReplicate),
  keyed('pixverse', 'PIXVERSE_API_KEY', 'PIXVERSE_BASE_URL', createPixverse),
  {
    name: 'local',
    settings: {},
    enabledBy: [],
    create: (_settings, { media, clock, log, dataDir }) =>
      createLocal({ directory: join(dataDir, 'local'), media, clock, log }),
  },
]
