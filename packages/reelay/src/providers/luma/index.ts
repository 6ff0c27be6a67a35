import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { numberOf, recordOf } from '../../system/json.ts'
import { checkAccount } from '../check-account.ts'
import { operationOfId } from '../operation-of-id.ts'
import type { Provider, Traits } from '../provider.ts'
import { createTaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { readLumaCallback } from './callback.ts'
import { LUMA_MODELS, LUMA_OPTIONS, lumaBody } from './request.ts'
import { LUMA_RULES, lumaCancelled, lumaOperation, lumaVerdict, readLumaError } from './status.ts'

const LUMA_BASE_URL = 'https://api.lumalabs.ai'

/** Between the host and the version in all its paths. */
const PREFIX = '/dream-machine'

const ROOT = `${PREFIX}/v1`

const LUMA_TRAITS: Traits = {
  // It gives no advice; a look every 5 s is usual.
  timing: {
    firstPollMs: 15_000,
    intervalMs: 5_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // Its limits depend on the account.
  pacing: { perSecond: 2, burst: 5, inFlightMax: 10 },
  cancel: 'supported',
  // It reads pictures from public addresses only.
  inputs: 'url',
  providerOptions: LUMA_OPTIONS,
  callbacks: 'per_request',
  openCatalog: true,
}

export type LumaOptions = {
  /** Default: the provider's own. With or without `/dream-machine/v1`. */
  baseUrl?: string | undefined
  apiKey: string
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

/** The usual variable holds the whole base of its paths; here it is the host. */
function hostOf(baseUrl: string): string {
  const bare = baseUrl.trim().replace(/\/+$/, '').replace(/\/v1$/, '')
  return bare.endsWith(PREFIX) ? bare.slice(0, -PREFIX.length) : bare
}

const pathOf = (id: string): string => `${ROOT}/generations/${encodeURIComponent(id)}`

/** Ray at Luma's Dream Machine API: text, or a first and a last frame, to a video. */
export function createLuma(options: LumaOptions): Provider {
  const { guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: hostOf(options.baseUrl ?? LUMA_BASE_URL),
    credentials: { authorization: `Bearer ${options.apiKey}` },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: LUMA_RULES })
  return {
    traits: LUMA_TRAITS,
    models: () => LUMA_MODELS,
    start: async (start) => {
      const body = lumaBody(start)
      if ('refused' in body) return { kind: 'rejected', code: 'invalid_input', detail: body.refused }
      return api.submit({ path: `${ROOT}/generations/video`, body, operationOf: lumaOperation }, start)
    },
    probe: async ({ providerTaskId }, signal) =>
      api.probe({ path: pathOf(providerTaskId) }, (answer) => lumaVerdict(answer, providerTaskId), signal),
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    cancel: async ({ providerTaskId }, signal) =>
      api.ask({ path: pathOf(providerTaskId), method: 'DELETE' }, lumaCancelled, signal),
    check: async (signal) =>
      checkAccount(
        api,
        {
          path: `${ROOT}/credits`,
          isGood: ({ status, json }) => status === 200 && numberOf(recordOf(json)['credit_balance']) !== null,
          readError: readLumaError,
        },
        signal,
      ),
    readCallback: readLumaCallback,
    operationOf: operationOfId,
    stop: upstream.stop,
  }
}
