import type { Readiness } from './http/deps.ts'
import type { Provider } from './providers/provider.ts'
import type { Store } from './store/store.ts'

/** Whether this process can take tasks: the store answers. Paused accounts are told, but wait without losing anything. */
export function createReadiness(deps: {
  store: Store
  providers: ReadonlyMap<string, Provider>
  version: string
}): () => Promise<Readiness> {
  return async () => {
    try {
      await deps.store.scheduledAccounts()
    } catch {
      return { ready: false, detail: { store: 'unavailable' } }
    }
    const accounts = [...deps.providers.keys()].map((account) => ({
      account,
      paused_until: deps.store.pausedUntilMs(account),
    }))
    return { ready: true, detail: { store: 'ok', version: deps.version, accounts } }
  }
}
