import type { GuardedClient } from '../../net/guarded-fetch.ts'
import type { Clock } from '../../system/clock.ts'
import { recordOf } from '../../system/json.ts'
import type { StartOutcome, Verdict } from '../../task/verdict.ts'
import { checkAccount } from '../check-account.ts'
import { readProviderError } from '../provider-error.ts'
import type { Provider, StartRequest, Traits } from '../provider.ts'
import { createTaskApi, type TaskApi } from '../task-api.ts'
import { createUpstream, type Upstream, type UpstreamBody } from '../upstream.ts'
import { LOCALAI_OPTIONS, localaiBody } from './request.ts'
import { beginning, fileVerdict, FIRST_BYTE, lateRefusal } from './status.ts'
import { LOCALAI_RULES, localaiFile, localaiOperation } from './status.ts'

/** The answer comes when the video is made. A call that takes longer than this is followed in the background. */
const HAND_OVER_MS = 60_000

/** The longest that a call is waited for. */
const RENDER_MS_MAX = 24 * 3_600_000

/** How many calls are remembered. Those that are still open are never forgotten. */
const RENDERS_KEPT_MAX = 1_000

const LOCALAI_TRAITS: Traits = {
  // A server of one's own, and most looks only read this process's memory.
  timing: {
    firstPollMs: 2_000,
    intervalMs: 3_000,
    intervalMaxMs: 15_000,
    missingGraceMs: 10_000,
    deadlineMs: 6 * 3_600_000,
  },
  // Its backends render one video after another.
  pacing: { perSecond: 5, burst: 10, inFlightMax: 2 },
  // Closing the connection does not stop what it renders.
  cancel: 'unsupported',
  inputs: 'data_uri',
  providerOptions: LOCALAI_OPTIONS,
  openCatalog: true,
}

export type LocalaiOptions = {
  /** With or without `/v1`. */
  baseUrl: string
  /** A server without keys wants none. */
  apiKey?: string | undefined
  /** For its files. */
  guarded: GuardedClient
  clock: Clock
}

/** What a call that was handed over has come to. `lost`: it broke off, and nobody can be asked for its result. */
type Result = { kind: 'open' } | { kind: 'lost' } | StartOutcome

/** Calls that are under way, and what became of those that were handed over: in memory only, like the server's own. */
type Renders = {
  begin(start: StartRequest, body: UpstreamBody): Promise<StartOutcome>
  resultOf(clientToken: string): Result | undefined
  stop(): void
}

function createRenders(api: TaskApi, clock: Clock): Renders {
  const calls = new Set<AbortController>()
  const results = new Map<string, Result>()

  function keep(clientToken: string, answered: Promise<StartOutcome>): void {
    results.set(clientToken, { kind: 'open' })
    answered.then(
      (outcome) => results.set(clientToken, outcome),
      () => results.set(clientToken, { kind: 'lost' }),
    )
    for (const [oldest, { kind }] of results) {
      if (results.size <= RENDERS_KEPT_MAX) break
      if (kind !== 'open') results.delete(oldest)
    }
  }

  return {
    begin: async (start, body) => {
      let isSent = false
      const mayStillSend = (): boolean => {
        isSent = start.mayStillSend()
        return isSent
      }
      // Not the caller's own signal: it must not end a call that was handed over.
      const call = new AbortController()
      const abort = (): void => call.abort()
      calls.add(call)
      start.signal.addEventListener('abort', abort, { once: true })
      if (start.signal.aborted) abort()
      const create = { path: '/video', body, operationOf: localaiOperation }
      const answered = api.submit(create, { mayStillSend, signal: call.signal })
      const forget = (): boolean => calls.delete(call)
      answered.then(forget, forget)
      const patience = new AbortController()
      try {
        const outcome = await Promise.race([answered, clock.sleep(HAND_OVER_MS, patience.signal)])
        if (outcome !== undefined || !isSent) return outcome ?? (await answered)
        keep(start.clientToken, answered)
        return { kind: 'accepted', operation: { providerTaskId: start.clientToken } }
      } finally {
        patience.abort()
        start.signal.removeEventListener('abort', abort)
      }
    },
    resultOf: (clientToken) => results.get(clientToken),
    stop: () => {
      for (const call of calls) call.abort()
    },
  }
}

const patient = (upstream: Upstream): Upstream => ({
  ...upstream,
  submit: async (request) => upstream.submit({ ...request, timeoutMs: RENDER_MS_MAX }),
})

/** LocalAI, a server of one's own that renders while the request waits. */
export function createLocalai(options: LocalaiOptions): Provider {
  const { guarded, clock, apiKey } = options
  const upstream = createUpstream({
    baseUrl: options.baseUrl,
    credentials: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    clock,
  })
  const api = createTaskApi({ upstream: patient(upstream), guarded, clock, rules: LOCALAI_RULES })
  const renders = createRenders(api, clock)

  const probeFile = async (path: string | null, signal: AbortSignal): Promise<Verdict> => {
    if (path === null) return { kind: 'gone' }
    const question = { path, headers: FIRST_BYTE, keep: beginning }
    return api.probe(question, (answer) => fileVerdict(answer, path), signal)
  }

  const verdictOf = async (result: Result, signal: AbortSignal): Promise<Verdict> => {
    switch (result.kind) {
      case 'open':
        return { kind: 'running' }
      case 'lost':
        return { kind: 'gone' }
      case 'accepted':
      case 'done':
        return probeFile(localaiFile(result.operation), signal)
      case 'rejected':
        return lateRefusal(result)
      case 'not_sent':
        return { kind: 'failed', code: 'provider_failed', detail: result.detail }
    }
  }

  return {
    traits: LOCALAI_TRAITS,
    // Its list does not say which models make videos, nor what they take.
    models: () => [],
    start: async (start) => {
      const body = await localaiBody(start)
      if ('refused' in body) return { kind: 'rejected', code: 'invalid_input', detail: body.refused }
      return renders.begin(start, body)
    },
    probe: async (operation, signal) => {
      const file = localaiFile(operation)
      if (file !== null) return probeFile(file, signal)
      const result = renders.resultOf(operation.providerTaskId)
      // Another process waited for it, and took the answer with it.
      return result === undefined ? { kind: 'gone' } : verdictOf(result, signal)
    },
    open: async ({ ref }, _operation, signal) =>
      api.open(ref.startsWith('/') ? upstream.base + ref : ref, signal),
    check: async (signal) =>
      checkAccount(
        api,
        {
          path: '/v1/models',
          isGood: ({ status, json }) => status === 200 && Array.isArray(recordOf(json)['data']),
          readError: readProviderError,
        },
        signal,
      ),
    stop: async () => {
      renders.stop()
      await upstream.stop()
    },
  }
}
