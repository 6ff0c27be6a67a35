import { ApiError } from '../../src/http/api-error.ts'
import type { Exchange } from '../../src/http/exchange.ts'
import { receiveCallback } from '../../src/http/hooks.ts'
import { silentObserver } from '../../src/observability/observer.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { StoreUnavailable, type Store } from '../../src/store/store.ts'
import type { Clock } from '../../src/system/clock.ts'
import { silentLog } from '../../src/system/log.ts'

export const CALLBACK_BASE = 'https://reelay.test'

export type HookDeps = { store: Store; clock: Clock; providers: ReadonlyMap<string, Provider> }

/** A provider calls back: the shipped handler, without a server before it. Answers the status. */
export async function callHook(
  { store, clock, providers }: HookDeps,
  url: string,
  body: string,
): Promise<number> {
  const [provider = '', token = ''] = new URL(url).pathname.split('/').slice(2)
  const params: Readonly<Record<string, string>> = { provider, token }
  const exchange = {
    shared: {
      store,
      clock,
      log: silentLog,
      observer: silentObserver,
      settings: { callbackBase: CALLBACK_BASE },
      accountAddresses: { accountOf: () => undefined },
      readCallback: (account: string, callback: Parameters<NonNullable<Provider['readCallback']>>[0]) =>
        providers.get(account)?.readCallback?.(callback),
    },
    request: new Request(url, { method: 'POST', body }),
    context: { req: { param: (name: string) => params[name] } },
  }
  try {
    // Only what the handler uses is there.
    return (await receiveCallback(exchange as unknown as Exchange)).status
  } catch (error) {
    if (error instanceof ApiError) return error.status
    if (error instanceof StoreUnavailable) return UNAVAILABLE
    throw error
  }
}

const UNAVAILABLE = 503
