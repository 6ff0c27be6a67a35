import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import type { Operation } from '../../task/verdict.ts'
import { cancelJob } from '../cancel-job.ts'
import { checkAccount } from '../check-account.ts'
import { readProviderError } from '../provider-error.ts'
import { operationOfId } from '../operation-of-id.ts'
import type { Provider, Traits } from '../provider.ts'
import { createTaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { readDashscopeCallback } from './callback.ts'
import { DASHSCOPE_OPTIONS, dashscopeBody, dashscopeModels, type DashscopeRegion } from './request.ts'
import { DASHSCOPE_RULES, dashscopeOperation, dashscopeVerdict, isDashscopeTask } from './status.ts'

const DASHSCOPE_BASE_URLS: Readonly<Record<DashscopeRegion, string>> = {
  cn: 'https://dashscope.aliyuncs.com',
  intl: 'https://dashscope-intl.aliyuncs.com',
  us: 'https://dashscope-us.aliyuncs.com',
}

const CREATE_PATH = '/api/v1/services/aigc/video-generation/video-synthesis'
const TASKS = '/api/v1/tasks'

/** Nobody's job: a good key is told that it is unknown, a bad one is refused. */
const CHECK_PATH = `${TASKS}/00000000-0000-0000-0000-000000000000`

const DASHSCOPE_TRAITS: Traits = {
  // Its advice is a look every 15 s; most videos take one to five minutes.
  timing: {
    firstPollMs: 30_000,
    intervalMs: 15_000,
    intervalMaxMs: 60_000,
    missingGraceMs: 120_000,
    deadlineMs: 6 * 3_600_000,
  },
  // Questions about jobs: 20 per second and account. Jobs at a time differ by model.
  pacing: { perSecond: 10, burst: 20, inFlightMax: 5 },
  cancel: 'supported',
  inputs: 'data_uri',
  providerOptions: DASHSCOPE_OPTIONS,
  callbacks: 'account',
  openCatalog: true,
}

export type DashscopeOptions = {
  /** Which region the key is of. Default: `cn`. */
  region?: DashscopeRegion | undefined
  /** Default: the region's own. With or without its `/api/v1`. */
  baseUrl?: string | undefined
  apiKey: string
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

const pathOf = ({ providerTaskId }: Operation): string => `${TASKS}/${encodeURIComponent(providerTaskId)}`

/** Wan at DashScope, which is Alibaba Cloud Model Studio. */
export function createDashscope(options: DashscopeOptions): Provider {
  const { region = 'cn', guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: (options.baseUrl ?? DASHSCOPE_BASE_URLS[region]).trim().replace(/\/api(\/v1)?\/*$/, ''),
    credentials: { authorization: `Bearer ${options.apiKey}` },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: DASHSCOPE_RULES })
  const models = dashscopeModels(region)

  return {
    traits: DASHSCOPE_TRAITS,
    models: () => models,
    start: async (start) => {
      const body = await dashscopeBody(start, region)
      if ('refused' in body) return { kind: 'rejected', code: 'invalid_input', detail: body.refused }
      return api.submit(
        {
          path: CREATE_PATH,
          body,
          // Without it, the create is refused.
          headers: { 'x-dashscope-async': 'enable' },
          operationOf: (answer) => dashscopeOperation(answer, clock.nowMs()),
        },
        start,
      )
    },
    probe: async (operation, signal) =>
      api.probe({ path: pathOf(operation) }, (answer) => dashscopeVerdict(answer, operation), signal),
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    cancel: async (operation, signal) =>
      cancelJob(api, { method: 'POST', path: `${pathOf(operation)}/cancel` }, readProviderError, signal),
    check: async (signal) =>
      checkAccount(api, { path: CHECK_PATH, isGood: isDashscopeTask, readError: readProviderError }, signal),
    readCallback: readDashscopeCallback,
    operationOf: operationOfId,
    stop: upstream.stop,
  }
}
