import { createPublicKeys } from '../../callbacks/public-keys.ts'
import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { recordOf } from '../../system/json.ts'
import { checkAccount } from '../check-account.ts'
import { GOOGLE_RULES, readGoogleError } from '../google-error.ts'
import { ProbeUnavailable, type Provider, type Traits } from '../provider.ts'
import { createTaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { readGeminiCallback } from './callback.ts'
import { GEMINI_MODELS, GEMINI_OPTIONS, geminiCreate } from './request.ts'
import { geminiOperation, geminiOperationOf, geminiVerdict, isOperationName } from './status.ts'

const GEMINI_BASE_URL = 'https://generativelanguage.googleapis.com'

/** The keys of callbacks that go to an address of a job's own. */
const KEYS_PATH = '/.well-known/jwks.json'

const GEMINI_TRAITS: Traits = {
  // Its own examples look every 10 s; videos take from 11 s to 6 min.
  timing: {
    firstPollMs: 15_000,
    intervalMs: 10_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // Its limits are per project and tier, for previews a few submissions a minute.
  pacing: { perSecond: 2, burst: 5, inFlightMax: 10 },
  cancel: 'unsupported',
  inputs: 'data_uri',
  providerOptions: GEMINI_OPTIONS,
  callbacks: 'both',
  openCatalog: true,
}

export type GeminiOptions = {
  /** Default: the provider's own. Without `/v1beta`. */
  baseUrl?: string | undefined
  apiKey: string
  /** Of the webhook that the operator made for the project: the newest, and one that is being rotated out. */
  webhookSecrets?: readonly string[]
  /** Whom the tokens of a job's callbacks are for, where the operator knows it. */
  webhookAudience?: string | undefined
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

/** @throws ProbeUnavailable when the stored operation is not one of this adapter's. */
function pathOf(name: string): string {
  if (isOperationName(name)) return `/v1beta/${name}`
  throw new ProbeUnavailable('The stored name is not one of an operation at Gemini: it cannot be asked for.')
}

/** Veo at the Gemini API. */
export function createGemini(options: GeminiOptions): Provider {
  const { guarded, clock, webhookSecrets = [], webhookAudience: audience } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? GEMINI_BASE_URL,
    credentials: { 'x-goog-api-key': options.apiKey },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: GOOGLE_RULES })
  const keys = createPublicKeys({
    url: `${upstream.base}${KEYS_PATH}`,
    trust: { from: 'provider', ownOrigin: new URL(upstream.base) },
    guarded,
    clock,
  })
  return {
    traits: GEMINI_TRAITS,
    models: () => GEMINI_MODELS,
    start: async (start) => {
      const create = await geminiCreate(start)
      if ('refused' in create) return { kind: 'rejected', code: 'invalid_input', detail: create.refused }
      return api.submit({ ...create, operationOf: geminiOperation }, start)
    },
    probe: async ({ providerTaskId }, signal) =>
      api.probe({ path: pathOf(providerTaskId) }, (answer) => geminiVerdict(answer, providerTaskId), signal),
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    check: async (signal) =>
      checkAccount(
        api,
        {
          path: '/v1beta/models?pageSize=1',
          isGood: ({ status, json }) => status === 200 && Array.isArray(recordOf(json)['models']),
          readError: readGoogleError,
        },
        signal,
      ),
    readCallback: async (callback) =>
      readGeminiCallback(callback, { keys, audience, webhookSecrets, nowMs: clock.nowMs() }),
    operationOf: (name, { model }) => geminiOperationOf(name, model),
    stop: upstream.stop,
  }
}
