import { join } from 'node:path'
import type { MediaHost } from '../media/media-host.ts'
import type { GuardedClient } from '../net/guarded-fetch.ts'
import type { Clock } from '../system/clock.ts'
import type { Log } from '../system/log.ts'
import { createCometapi } from './cometapi/index.ts'
import { createLocal } from './local/index.ts'
import { createOpenai } from './openai/index.ts'
import { OPENAI_DIALECTS } from './openai/request.ts'
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
  media: MediaHost
  log: Log
  /** Of the gateway: an adapter that keeps something makes a folder of its own in it. */
  dataDir: string
}

export type ProviderKind = {
  name: string
  settings: Readonly<Record<string, ProviderSetting>>
  /** The setting that turns it on; null: it is always there. */
  enabledBy: string | null
  create: (settings: ProviderSettings, parts: ProviderParts) => Provider | Promise<Provider>
}

/** Every provider that the gateway speaks to, in the order in which they are preferred: one line each. */
export const PROVIDER_KINDS: readonly ProviderKind[] = [
  {
    name: 'cometapi',
    settings: { COMETAPI_KEY: { kind: 'secret' }, COMETAPI_BASE_URL: { kind: 'url' } },
    enabledBy: 'COMETAPI_KEY',
    create: ({ COMETAPI_KEY = '', COMETAPI_BASE_URL }, { guarded, clock }) =>
      createCometapi({ apiKey: COMETAPI_KEY, baseUrl: COMETAPI_BASE_URL, guarded, clock }),
  },
  {
    name: 'openai',
    settings: {
      OPENAI_VIDEO_BASE_URL: { kind: 'url' },
      OPENAI_VIDEO_API_KEY: { kind: 'secret' },
      OPENAI_VIDEO_DIALECT: { kind: 'choice', of: OPENAI_DIALECTS },
    },
    enabledBy: 'OPENAI_VIDEO_BASE_URL',
    create: ({ OPENAI_VIDEO_BASE_URL = '', OPENAI_VIDEO_API_KEY, ...settings }, { guarded, clock }) =>
      createOpenai({
        baseUrl: OPENAI_VIDEO_BASE_URL,
        apiKey: OPENAI_VIDEO_API_KEY,
        dialect: OPENAI_DIALECTS.find((dialect) => dialect === settings['OPENAI_VIDEO_DIALECT']) ?? 'auto',
        guarded,
        clock,
      }),
  },
  {
    name: 'local',
    settings: {},
    enabledBy: null,
    create: (_settings, { media, clock, log, dataDir }) =>
      createLocal({ directory: join(dataDir, 'local'), media, clock, log }),
  },
]
