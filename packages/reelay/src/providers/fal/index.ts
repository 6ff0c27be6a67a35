import { createPublicKeys } from '../../callbacks/public-keys.ts'
import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { textOf } from '../../system/json.ts'
import type { Operation, Verdict } from '../../task/verdict.ts'
import type { ProviderError } from '../provider-error.ts'
import { ProbeUnavailable, type Provider, type Traits } from '../provider.ts'
import { createTaskApi, type TaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { readFalCallback } from './callback.ts'
import { FAL_MODELS, FAL_OPTIONS, falCreate } from './request.ts'
import {
  FAL_BASE_URL,
  FAL_RULES,
  falCancelled,
  falFailure,
  falOperation,
  falOperationOf,
  falResult,
  falStatus,
} from './status.ts'

/** Where the provider itself publishes the keys that it signs callbacks with. */
const FAL_KEYS_URL = 'https://rest.fal.ai/.well-known/jwks.json'
const KEYS_PATH = '/.well-known/jwks.json'

const FAL_TRAITS: Traits = {
  // Its own client looks twice a second; videos take a minute or more, and looks are two requests at the end.
  timing: {
    firstPollMs: 10_000,
    intervalMs: 3_000,
    intervalMaxMs: 20_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // What goes beyond an account's limit waits in its queue: 2 runs at a time for new accounts, up to 40.
  pacing: { perSecond: 10, burst: 20, inFlightMax: 20 },
  cancel: 'supported',
  inputs: 'data_uri',
  providerOptions: FAL_OPTIONS,
  callbacks: 'per_request',
  openCatalog: true,
}

export type FalOptions = {
  /** Default: the provider's queue. */
  baseUrl?: string | undefined
  apiKey: string
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

/** @throws ProbeUnavailable when the stored operation is not one of this adapter's. */
function pathsOf(operation: Operation): { statusPath: string; responsePath: string } {
  const statusPath = textOf(operation['statusPath'])
  const responsePath = textOf(operation['responsePath'])
  if (statusPath?.startsWith('/') !== true || responsePath?.startsWith('/') !== true) {
    throw new ProbeUnavailable('The job was stored without its paths at fal: it cannot be asked for.')
  }
  return { statusPath, responsePath }
}

async function resultOf(
  api: TaskApi,
  path: string,
  runError: ProviderError | null,
  signal: AbortSignal,
): Promise<Verdict> {
  try {
    return await api.probe({ path }, (answer) => falResult(answer, runError), signal)
  } catch (error) {
    // That it failed is known; only the details are not.
    if (runError !== null && error instanceof ProbeUnavailable) return falFailure(runError)
    throw error
  }
}

/** fal: the models of many makers, each an endpoint of its own, behind one queue. */
export function createFal(options: FalOptions): Provider {
  const { guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? FAL_BASE_URL,
    credentials: { authorization: `Key ${options.apiKey}` },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: FAL_RULES })
  const isMoved = upstream.base !== FAL_BASE_URL
  const keys = createPublicKeys({
    // What stands in the provider's place signs with keys of its own, or not at all.
    url: isMoved ? `${upstream.base}${KEYS_PATH}` : FAL_KEYS_URL,
    trust: { from: 'provider', ...(isMoved ? { ownOrigin: new URL(upstream.base) } : {}) },
    guarded,
    clock,
  })
  return {
    traits: FAL_TRAITS,
    models: () => FAL_MODELS,
    start: async (start) => {
      const create = await falCreate(start)
      if ('refused' in create) return { kind: 'rejected', code: 'invalid_input', detail: create.refused }
      const place = { base: upstream.base, model: start.model }
      return api.submit({ ...create, operationOf: (answer) => falOperation(answer, place) }, start)
    },
    probe: async (operation, signal) => {
      const { statusPath, responsePath } = pathsOf(operation)
      const path = statusPath
      const found = await api.ask({ path }, (answer) => falStatus(answer, operation.providerTaskId), signal)
      return found.kind === 'completed' ? resultOf(api, responsePath, found.error, signal) : found
    },
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    cancel: async (operation, signal) => {
      const [path = ''] = pathsOf(operation).responsePath.split('?', 1)
      return api.ask({ path: `${path}/cancel`, method: 'PUT' }, falCancelled, signal)
    },
    readCallback: async (callback) => readFalCallback(callback, keys, clock.nowMs()),
    operationOf: (id, { model }) => falOperationOf(id, model),
    stop: upstream.stop,
  }
}
