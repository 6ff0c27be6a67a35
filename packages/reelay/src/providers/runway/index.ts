import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import type { Operation, Verdict } from '../../task/verdict.ts'
import { cancelJob } from '../cancel-job.ts'
import { checkAccount } from '../check-account.ts'
import { operationOfId } from '../operation-of-id.ts'
import type { Provider, Traits } from '../provider.ts'
import { createTaskApi } from '../task-api.ts'
import { createUpstream } from '../upstream.ts'
import { RUNWAY_MODELS, RUNWAY_OPTIONS, RUNWAY_VERSION, runwayCreate, runwayPictures } from './request.ts'
import { isRunwayOrganization, readRunwayError, RUNWAY_RULES } from './status.ts'
import { runwayOperation, runwayVerdict } from './status.ts'

const RUNWAY_BASE_URL = 'https://api.dev.runwayml.com'

const RUNWAY_TRAITS: Traits = {
  // Its advice is a look every 5 s at the most.
  timing: {
    firstPollMs: 15_000,
    intervalMs: 6_000,
    intervalMaxMs: 30_000,
    missingGraceMs: 120_000,
    deadlineMs: 6 * 3_600_000,
  },
  // How many jobs run at a time depends on the account's tier; more of them wait there, as `THROTTLED`.
  pacing: { perSecond: 5, burst: 10, inFlightMax: 10 },
  cancel: 'supported',
  inputs: 'data_uri',
  providerOptions: RUNWAY_OPTIONS,
  openCatalog: true,
}

export type RunwayOptions = {
  /** Default: the provider's own. */
  baseUrl?: string | undefined
  apiKey: string
  /** For the links in its answers. */
  guarded: GuardedClient
  clock: Clock
}

const pathOf = ({ providerTaskId }: Operation): string => `/v1/tasks/${encodeURIComponent(providerTaskId)}`

/** Runway: its own models, and those of other makers that it serves. */
export function createRunway(options: RunwayOptions): Provider {
  const { guarded, clock } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl ?? RUNWAY_BASE_URL,
    credentials: { authorization: `Bearer ${options.apiKey}`, 'x-runway-version': RUNWAY_VERSION },
    clock,
  })
  const api = createTaskApi({ upstream, guarded, clock, rules: RUNWAY_RULES })

  const probe = async (operation: Operation, signal: AbortSignal): Promise<Verdict> =>
    api.probe(
      { path: pathOf(operation) },
      (answer) => runwayVerdict(answer, operation.providerTaskId, clock.nowMs()),
      signal,
    )

  return {
    traits: RUNWAY_TRAITS,
    models: () => RUNWAY_MODELS,
    start: async (start) => {
      const create = await runwayCreate(start, runwayPictures)
      if ('refused' in create) return { kind: 'rejected', code: 'invalid_input', detail: create.refused }
      return api.submit({ ...create, operationOf: runwayOperation }, start)
    },
    probe,
    open: async (output, _operation, signal) => api.open(output.ref, signal),
    cancel: async (operation, signal) => {
      // The same verb erases a job that has ended, and its video with it.
      const { kind } = await probe(operation, signal)
      if (kind !== 'waiting' && kind !== 'running') return 'refused'
      return cancelJob(api, { method: 'DELETE', path: pathOf(operation) }, readRunwayError, signal)
    },
    check: async (signal) =>
      checkAccount(
        api,
        { path: '/v1/organization', isGood: isRunwayOrganization, readError: readRunwayError },
        signal,
      ),
    operationOf: operationOfId,
    stop: upstream.stop,
  }
}
