import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import type { Operation, Verdict } from '../../task/verdict.ts'
import { cancelJob } from '../cancel-job.ts'
import { checkAccount } from '../check-account.ts'
import { readProviderError } from '../provider-error.ts'
import { operationOfId } from '../operation-of-id.ts'
import type { Provider, Traits } from '../provider.ts'
import { createTaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { readArkCallback } from './callback.ts'
import { ARK_OPTIONS, arkBody, arkModels, type ArkRegion } from './request.ts'
import { ARK_RULES, arkOperation, arkVerdict, isArkList } from './status.ts'

const ARK_BASE_URLS: Readonly<Record<ArkRegion, string>> = {
  'cn-beijing': 'https://ark.cn-beijing.volces.com',
  'ap-southeast': 'https://ark.ap-southeast.bytepluses.com',
}

const TASKS = '/api/v3/contents/generations/tasks'

/** A list of one job: needs the key, costs nothing. */
const CHECK_PATH = `${TASKS}?page_num=1&page_size=1`

const ARK_TRAITS: Traits = {
  // It advises nothing; most videos take one to three minutes.
  timing: {
    firstPollMs: 20_000,
    intervalMs: 5_000,
    intervalMaxMs: 60_000,
    missingGraceMs: 120_000,
    // Jobs of the tier `flex` may wait for the 48 hours after which the provider gives them up.
    deadlineMs: 49 * 3_600_000,
  },
  // Limits are by account and model, and not published as a list.
  pacing: { perSecond: 5, burst: 10, inFlightMax: 10 },
  cancel: 'supported',
  inputs: 'data_uri',
  providerOptions: ARK_OPTIONS,
  callbacks: 'per_request',
  openCatalog: true,
}

export type ArkOptions = {
  /** Which of the two services the key is of. Default: `cn-beijing`. */
  region?: ArkRegion | undefined
  /** Default: the region's own. With or without its `/api/v3`. */
  baseUrl?: string | undefined
  apiKey: string
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

const pathOf = ({ providerTaskId }: Operation): string => `${TASKS}/${encodeURIComponent(providerTaskId)}`

/** Seedance at Volcengine Ark or BytePlus ModelArk. */
export function createArk(options: ArkOptions): Provider {
  const { region = 'cn-beijing', guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: (options.baseUrl ?? ARK_BASE_URLS[region]).trim().replace(/\/api\/v3\/*$/, ''),
    credentials: { authorization: `Bearer ${options.apiKey}` },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: ARK_RULES })
  const models = arkModels(region)

  const probe = async (operation: Operation, signal: AbortSignal): Promise<Verdict> =>
    api.probe({ path: pathOf(operation) }, (answer) => arkVerdict(answer, operation.providerTaskId), signal)

  return {
    traits: ARK_TRAITS,
    models: () => models,
    start: async (start) => {
      const body = await arkBody(start, models)
      if ('refused' in body) return { kind: 'rejected', code: 'invalid_input', detail: body.refused }
      return api.submit({ path: TASKS, body, operationOf: arkOperation }, start)
    },
    probe,
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    cancel: async (operation, signal) => {
      // The same verb erases the record of an ended job, and the way to its video with it.
      const verdict = await probe(operation, signal)
      if (verdict.kind !== 'waiting') return 'refused'
      return cancelJob(api, { method: 'DELETE', path: pathOf(operation) }, readProviderError, signal)
    },
    check: async (signal) =>
      checkAccount(api, { path: CHECK_PATH, isGood: isArkList, readError: readProviderError }, signal),
    readCallback: readArkCallback,
    operationOf: operationOfId,
    stop: upstream.stop,
  }
}
