import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { isRecord, recordOf } from '../../system/json.ts'
import { checkAccount } from '../check-account.ts'
import { operationOfId } from '../operation-of-id.ts'
import type { Provider, Traits } from '../provider.ts'
import { createTaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { readOpenrouterCallback } from './callback.ts'
import { OPENROUTER_MODELS, openrouterBody } from './request.ts'
import { contentIndexOf, readOpenrouterError } from './status.ts'
import { OPENROUTER_RULES, openrouterOperation, openrouterVerdict } from './status.ts'

const OPENROUTER_BASE_URL = 'https://openrouter.ai'

/** Between the host and the version in all its paths. */
const PREFIX = '/api'

const ROOT = `${PREFIX}/v1`

const OPENROUTER_TRAITS: Traits = {
  // Its own advice is a look every 10 to 30 s; most videos take 30 s to several minutes.
  timing: {
    firstPollMs: 20_000,
    intervalMs: 10_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // Its limits depend on the account and the model.
  pacing: { perSecond: 2, burst: 5, inFlightMax: 10 },
  cancel: 'unsupported',
  inputs: 'data_uri',
  // What it passes on is nested under the names of the hosts that it chooses from: routing is left to it.
  providerOptions: [],
  callbacks: 'per_request',
  openCatalog: true,
}

export type OpenrouterOptions = {
  /** Default: the provider's own. With or without `/api/v1`. */
  baseUrl?: string | undefined
  apiKey: string
  /** What its workspace signs callbacks with; absent: nothing is checked. */
  webhookSecret?: string | undefined
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

/** The usual variable holds the whole base of its paths; here it is the host. */
function hostOf(baseUrl: string): string {
  const bare = baseUrl.trim().replace(/\/+$/, '').replace(/\/v1$/, '')
  return bare.endsWith(PREFIX) ? bare.slice(0, -PREFIX.length) : bare
}

const pathOf = (id: string): string => `${ROOT}/videos/${encodeURIComponent(id)}`

/** OpenRouter: many makers' video models behind one job API. */
export function createOpenrouter(options: OpenrouterOptions): Provider {
  const { guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: hostOf(options.baseUrl ?? OPENROUTER_BASE_URL),
    credentials: { authorization: `Bearer ${options.apiKey}` },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: OPENROUTER_RULES })
  return {
    traits: OPENROUTER_TRAITS,
    models: () => OPENROUTER_MODELS,
    start: async (start) => {
      const body = await openrouterBody(start)
      if ('refused' in body) return { kind: 'rejected', code: 'invalid_input', detail: body.refused }
      return api.submit({ path: `${ROOT}/videos`, body, operationOf: openrouterOperation }, start)
    },
    probe: async ({ providerTaskId }, signal) =>
      api.probe(
        { path: pathOf(providerTaskId) },
        (answer) => openrouterVerdict(answer, providerTaskId),
        signal,
      ),
    open: async ({ ref }, { providerTaskId }, signal) => {
      const index = contentIndexOf(ref)
      const content = `${upstream.base}${pathOf(providerTaskId)}/content?index=${index ?? 0}`
      return api.open(index === null ? ref : content, signal)
    },
    check: async (signal) =>
      checkAccount(
        api,
        {
          path: `${ROOT}/key`,
          isGood: ({ status, json }) => status === 200 && isRecord(recordOf(json)['data']),
          readError: readOpenrouterError,
        },
        signal,
      ),
    readCallback: (callback) => readOpenrouterCallback(callback, options.webhookSecret, clock.nowMs()),
    operationOf: operationOfId,
    stop: upstream.stop,
  }
}
