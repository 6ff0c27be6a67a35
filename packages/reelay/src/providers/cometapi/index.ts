import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { checkModels } from '../check-models.ts'
import type { Provider, Traits } from '../provider.ts'
import { createUpstream } from '../upstream.ts'
import { createVideoApi } from '../video-api.ts'
import { COMETAPI_MODELS, cometapiBody } from './request.ts'
import { COMETAPI_RULES, isCometapiGone } from './status.ts'

const COMETAPI_BASE_URL = 'https://api.cometapi.com'

export const COMETAPI_TRAITS: Traits = {
  // Its own advice is a look every 10 to 20 s; most videos take one to three minutes.
  timing: {
    firstPollMs: 15_000,
    intervalMs: 10_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // It publishes no limits.
  pacing: { perSecond: 5, burst: 10, inFlightMax: 20 },
  cancel: 'unsupported',
  inputs: 'upload',
  providerOptions: [],
  openCatalog: true,
}

export type CometapiOptions = {
  /** Default: the provider's own. */
  baseUrl?: string | undefined
  apiKey: string
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

/** CometAPI: `POST /v1/videos` for many makers' models. */
export function createCometapi(options: CometapiOptions): Provider {
  const { guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? COMETAPI_BASE_URL,
    credentials: { authorization: `Bearer ${options.apiKey}` },
    clock,
  })
  const api = createVideoApi({ upstream, guarded, clock, rules: COMETAPI_RULES, isGone: isCometapiGone })
  return {
    traits: COMETAPI_TRAITS,
    models: () => COMETAPI_MODELS,
    start: async (start) => (await api.submit(await cometapiBody(start), start)).outcome,
    probe: api.probe,
    open: api.open,
    check: async (signal) => checkModels(async () => api.listModels(signal)),
    stop: upstream.stop,
  }
}
