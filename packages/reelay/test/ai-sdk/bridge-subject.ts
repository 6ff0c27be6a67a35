import type { GuardedClient } from '../../src/net/guarded-fetch.ts'
import { createAiSdk } from '../../src/providers/ai-sdk/index.ts'
import type { AiSdkOptions } from '../../src/providers/ai-sdk/options.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { silentLog } from '../../src/system/log.ts'
import type { Clock } from '../../src/system/clock.ts'
import type { Operation } from '../../src/task/verdict.ts'

type Upstream = { baseUrl: string; guarded: GuardedClient; clock: Clock }

/** Stands in stored operations for the address of a server whose port is not known beforehand. */
export const ORIGIN = 'http://upstream.test'

/** What the bridge stores besides the id. */
export const stored = (providerTaskId: string, model: string, operation: unknown): Operation => ({
  providerTaskId,
  adapter: 'ai-sdk',
  adapterVersion: 1,
  model,
  origin: ORIGIN,
  operation,
})

/** A `fetch` that goes to the test's server whatever host a provider's package has built in. */
export const goingTo =
  (baseUrl: string, fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    return fetch(`${baseUrl}${url.pathname}${url.search}`, init)
  }

const placed = (operation: Operation, origin: unknown): Operation => ({ ...operation, origin })

/**
 * The bridge as the contract suite opens providers: at once, though its models are made later, and with
 * operations that name no port.
 */
export function openBridge({ baseUrl, guarded, clock }: Upstream, options: AiSdkOptions): Provider {
  const made = createAiSdk(options, { guarded, clock, log: silentLog })
  const own = new URL(baseUrl).origin
  return {
    traits: {
      timing: { firstPollMs: 1, intervalMs: 1, intervalMaxMs: 1, missingGraceMs: 1, deadlineMs: 1 },
      pacing: { perSecond: 1, burst: 1, inFlightMax: 1 },
      cancel: 'unsupported',
      inputs: 'data_uri',
      providerOptions: [],
      openCatalog: false,
    },
    models: () => [],
    start: async (start) => {
      const outcome = await (await made).start(start)
      return outcome.kind === 'accepted'
        ? { ...outcome, operation: placed(outcome.operation, ORIGIN) }
        : outcome
    },
    probe: async (operation, signal) => (await made).probe(placed(operation, own), signal),
    open: async (output, operation, signal) => (await made).open(output, placed(operation, own), signal),
  }
}
