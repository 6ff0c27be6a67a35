import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { recordOf } from '../../system/json.ts'
import { checkAccount } from '../check-account.ts'
import { operationOfId } from '../operation-of-id.ts'
import type { Provider, Traits } from '../provider.ts'
import { createTaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { XAI_MODELS, xaiBody } from './request.ts'
import { readXaiError, XAI_RULES, xaiOperation, xaiVerdict } from './status.ts'

const XAI_BASE_URL = 'https://api.x.ai'

const XAI_TRAITS: Traits = {
  // It gives no advice; a look every 5 s is usual, and its links are soon dead.
  timing: {
    firstPollMs: 10_000,
    intervalMs: 5_000,
    intervalMaxMs: 20_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // Its limits are per team, and not in its public documentation.
  pacing: { perSecond: 2, burst: 5, inFlightMax: 10 },
  cancel: 'unsupported',
  inputs: 'data_uri',
  providerOptions: [],
  openCatalog: true,
}

export type XaiOptions = {
  /** Default: the provider's own. */
  baseUrl?: string | undefined
  apiKey: string
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

/** Grok Imagine at xAI: text, a first frame or references to a video. */
export function createXai(options: XaiOptions): Provider {
  const { guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? XAI_BASE_URL,
    credentials: { authorization: `Bearer ${options.apiKey}` },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: XAI_RULES })
  return {
    traits: XAI_TRAITS,
    models: () => XAI_MODELS,
    start: async (start) => {
      const body = await xaiBody(start, XAI_MODELS)
      if ('refused' in body) return { kind: 'rejected', code: 'invalid_input', detail: body.refused }
      return api.submit({ path: '/v1/videos/generations', body, operationOf: xaiOperation }, start)
    },
    probe: async ({ providerTaskId }, signal) =>
      api.probe(
        { path: `/v1/videos/${encodeURIComponent(providerTaskId)}` },
        (answer) => xaiVerdict(answer, providerTaskId),
        signal,
      ),
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    check: async (signal) =>
      checkAccount(
        api,
        {
          path: '/v1/models',
          isGood: ({ status, json }) => status === 200 && Array.isArray(recordOf(json)['data']),
          readError: readXaiError,
        },
        signal,
      ),
    operationOf: operationOfId,
    stop: upstream.stop,
  }
}
