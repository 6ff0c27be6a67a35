import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { recordOf } from '../../system/json.ts'
import { checkAccount } from '../check-account.ts'
import { ProbeUnavailable, type Provider, type Traits } from '../provider.ts'
import { createTaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { readGeminiCallback } from './callback.ts'
import { GEMINI_MODELS, GEMINI_OPTIONS, geminiCreate } from './request.ts'
import { GEMINI_RULES, geminiOperation, geminiVerdict, isOperationName, readGeminiError } from './status.ts'

const GEMINI_BASE_URL = 'https://generativelanguage.googleapis.com'

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
  callbacks: 'per_request',
  openCatalog: true,
}

export type GeminiOptions = {
  /** Default: the provider's own. Without `/v1beta`. */
  baseUrl?: string | undefined
  apiKey: string
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
  const { guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? GEMINI_BASE_URL,
    credentials: { 'x-goog-api-key': options.apiKey },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: GEMINI_RULES })
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
          readError: readGeminiError,
        },
        signal,
      ),
    readCallback: readGeminiCallback,
    stop: upstream.stop,
  }
}
