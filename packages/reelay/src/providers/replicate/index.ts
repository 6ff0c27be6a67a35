import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { recordOf, textOf } from '../../system/json.ts'
import { beforeSubmit, PreparationRefused } from '../before-submit.ts'
import { checkAccount } from '../check-account.ts'
import { operationOfId } from '../operation-of-id.ts'
import type { InputFile, Provider, Traits } from '../provider.ts'
import { multipartBody } from '../request-body.ts'
import { createTaskApi, type TaskApi } from '../task-api.ts'
import { createUpstream, type UpstreamAnswer } from '../upstream.ts'
import { readReplicateCallback } from './callback.ts'
import { REPLICATE_MODELS, REPLICATE_OPTIONS, replicateCreate } from './request.ts'
import { readReplicateError, REPLICATE_RULES, replicateCancelled } from './status.ts'
import { replicateFileLink, replicateFileRefusal, replicateOperation, replicateVerdict } from './status.ts'

const REPLICATE_BASE_URL = 'https://api.replicate.com'
const FILES_PATH = '/v1/files'

const REPLICATE_TRAITS: Traits = {
  // Results live for an hour only, so the looks stay close together.
  timing: {
    firstPollMs: 10_000,
    intervalMs: 3_000,
    intervalMaxMs: 20_000,
    missingGraceMs: 120_000,
    // A prediction may run for 30 minutes, after a wait and a cold start.
    deadlineMs: 2 * 3_600_000,
  },
  // Its limits: 600 creates and 3000 other requests a minute.
  pacing: { perSecond: 10, burst: 20, inFlightMax: 20 },
  cancel: 'supported',
  // Those that are too long for it are uploaded.
  inputs: 'data_uri',
  providerOptions: REPLICATE_OPTIONS,
  callbacks: 'per_request',
  openCatalog: true,
}

export type ReplicateOptions = {
  /** Default: the provider's own. */
  baseUrl?: string | undefined
  apiKey: string
  /** What it signs callbacks with: the newest, and one that is being rotated out. */
  webhookSecrets?: readonly string[]
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

const pathOf = (id: string): string => `/v1/predictions/${encodeURIComponent(id)}`

/** @throws PreparationRefused */
function readFileLink(answer: UpstreamAnswer): string | null {
  const detail = replicateFileRefusal(answer)
  if (detail !== null) throw new PreparationRefused({ code: 'invalid_input', detail })
  return replicateFileLink(answer)
}

/** @throws PreparationRefused, ProbeUnavailable */
async function uploadFile(api: TaskApi, file: InputFile, signal: AbortSignal): Promise<string> {
  const body = await multipartBody([], [{ name: 'content', file }])
  return api.ask({ method: 'POST', path: FILES_PATH, body }, readFileLink, signal)
}

/** Replicate: the models of many makers, each with an input of its own. */
export function createReplicate(options: ReplicateOptions): Provider {
  const { guarded, clock, webhookSecrets = [] } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? REPLICATE_BASE_URL,
    credentials: { authorization: `Bearer ${options.apiKey}` },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: REPLICATE_RULES })
  return {
    traits: REPLICATE_TRAITS,
    models: () => REPLICATE_MODELS,
    start: async (start) => {
      const upload = async (file: InputFile): Promise<string> => uploadFile(api, file, start.signal)
      const built = await beforeSubmit(
        async () => replicateCreate(start, upload),
        () => clock.nowMs(),
      )
      if ('outcome' in built) return built.outcome
      const create = built.ready
      if ('refused' in create) return { kind: 'rejected', code: 'invalid_input', detail: create.refused }
      return api.submit({ ...create, operationOf: replicateOperation }, start)
    },
    probe: async ({ providerTaskId: id }, signal) =>
      api.probe({ path: pathOf(id) }, (answer) => replicateVerdict(answer, id), signal),
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    cancel: async ({ providerTaskId: id }, signal) =>
      api.ask(
        { method: 'POST', path: `${pathOf(id)}/cancel` },
        (answer) => replicateCancelled(answer, id),
        signal,
      ),
    check: async (signal) =>
      checkAccount(
        api,
        {
          path: '/v1/account',
          isGood: ({ status, json }) => status === 200 && textOf(recordOf(json)['username']) !== null,
          readError: readReplicateError,
        },
        signal,
      ),
    readCallback: (callback) => readReplicateCallback(callback, webhookSecrets, clock.nowMs()),
    operationOf: operationOfId,
    stop: upstream.stop,
  }
}
