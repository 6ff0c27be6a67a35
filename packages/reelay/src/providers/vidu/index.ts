import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { isRecord } from '../../system/json.ts'
import type { Operation } from '../../task/verdict.ts'
import { cancelJob } from '../cancel-job.ts'
import { checkAccount } from '../check-account.ts'
import { operationOfId } from '../operation-of-id.ts'
import type { Provider, Traits } from '../provider.ts'
import { jsonBody } from '../request-body.ts'
import { createTaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { readViduCallback } from './callback.ts'
import { VIDU_MODELS, VIDU_OPTIONS, viduCreate } from './request.ts'
import { readViduError, VIDU_RULES, viduOperation, viduVerdict } from './status.ts'

const VIDU_BASE_URL = 'https://api.vidu.com'

/** The list of jobs: needs the key, costs nothing. */
const TASKS_PATH = '/ent/v2/tasks'

const VIDU_TRAITS: Traits = {
  // It gives no advice; a look every 5 to 10 s is usual.
  timing: {
    firstPollMs: 15_000,
    intervalMs: 5_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 2 * 3_600_000,
  },
  // It publishes no limits.
  pacing: { perSecond: 5, burst: 10, inFlightMax: 10 },
  cancel: 'supported',
  inputs: 'data_uri',
  providerOptions: VIDU_OPTIONS,
  callbacks: 'per_request',
  openCatalog: true,
}

export type ViduOptions = {
  /** Default: the provider's own. */
  baseUrl?: string | undefined
  apiKey: string
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

const pathOf = ({ providerTaskId }: Operation, verb: 'creations' | 'cancel'): string =>
  `${TASKS_PATH}/${encodeURIComponent(providerTaskId)}/${verb}`

/** Vidu: text, frames or several pictures to a video. */
export function createVidu(options: ViduOptions): Provider {
  const { guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? VIDU_BASE_URL,
    credentials: { authorization: `Token ${options.apiKey}` },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: VIDU_RULES })
  return {
    traits: VIDU_TRAITS,
    models: () => VIDU_MODELS,
    start: async (start) => {
      const create = await viduCreate(start)
      if ('refused' in create) return { kind: 'rejected', code: 'invalid_input', detail: create.refused }
      const { path, body } = create
      return api.submit(
        { path, body, operationOf: (answer) => viduOperation(answer, start.clientToken) },
        start,
      )
    },
    probe: async (operation, signal) =>
      api.probe({ path: pathOf(operation, 'creations') }, (answer) => viduVerdict(answer, operation), signal),
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    cancel: async (operation, signal) => {
      const body = jsonBody({ id: operation.providerTaskId })
      const question = { path: pathOf(operation, 'cancel'), method: 'POST', body } as const
      return cancelJob(api, question, readViduError, signal)
    },
    check: async (signal) =>
      checkAccount(
        api,
        {
          path: TASKS_PATH,
          isGood: ({ status, json }) => status === 200 && isRecord(json) && readViduError(json) === null,
          readError: readViduError,
        },
        signal,
      ),
    readCallback: (callback) => readViduCallback(callback, options.apiKey, clock.nowMs()),
    operationOf: operationOfId,
    stop: upstream.stop,
  }
}
