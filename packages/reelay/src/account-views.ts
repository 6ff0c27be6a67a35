import type { AccountView } from './http/deps.ts'
import type { CredentialCheck, Provider } from './providers/provider.ts'
import { providerNameOf } from './task/provider-name.ts'
import type { Store } from './store/store.ts'

const CHECK_MS_MAX = 10_000

/** Every account that is configured or that tasks still wait for, each asked whether it works. */
export async function viewAccounts(
  deps: { store: Store; providers: ReadonlyMap<string, Provider> },
  signal: AbortSignal,
): Promise<readonly AccountView[]> {
  const scheduled = await deps.store.scheduledAccounts()
  const accounts = [...new Set([...deps.providers.keys(), ...scheduled])]
  return Promise.all(
    accounts.map(async (account) => {
      const provider = deps.providers.get(account)
      return {
        provider: providerNameOf(account),
        account,
        configured: provider !== undefined,
        pausedUntilMs: deps.store.pausedUntilMs(account),
        inFlight: deps.store.inFlight(account),
        check: provider === undefined ? null : await checkProvider(provider, signal),
      }
    }),
  )
}

/** Null when the adapter has no way to ask. A check that cannot be made is a failed one, with the reason. */
export async function checkProvider(
  provider: Provider,
  signal: AbortSignal,
): Promise<CredentialCheck | null> {
  if (provider.check === undefined) return null
  try {
    return await provider.check(AbortSignal.any([signal, AbortSignal.timeout(CHECK_MS_MAX)]))
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) }
  }
}
