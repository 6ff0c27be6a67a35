import type { AccountAddresses } from './callbacks/account-addresses.ts'
import type { AccountView } from './http/deps.ts'
import type { CredentialCheck, Provider } from './providers/provider.ts'
import { providerNameOf } from './task/provider-name.ts'
import type { Store } from './store/store.ts'
import type { Clock } from './system/clock.ts'

const CHECK_MS_MAX = 10_000
const ANSWER_MS_MAX = 12_000

/** Every account that is configured or that tasks still wait for, each asked whether it works. */
export async function viewAccounts(
  deps: {
    store: Store
    clock: Pick<Clock, 'nowMs' | 'sleep'>
    providers: ReadonlyMap<string, Provider>
    /** Whether providers can reach this gateway. */
    isReachable: boolean
    accountAddresses: Pick<AccountAddresses, 'urlOf'>
  },
  signal: AbortSignal,
): Promise<readonly AccountView[]> {
  const scheduled = await deps.store.scheduledAccounts()
  const accounts = [...new Set([...deps.providers.keys(), ...scheduled])]
  return Promise.all(
    accounts.map(async (account) => {
      const provider = deps.providers.get(account)
      const untilMs = await deps.store.pausedUntilMs(account)
      const pausedUntilMs = untilMs !== null && untilMs > deps.clock.nowMs() ? untilMs : null
      return {
        provider: providerNameOf(account),
        account,
        configured: provider !== undefined,
        pausedUntilMs,
        pauseReason: pausedUntilMs === null ? null : await deps.store.pauseReason(account),
        inFlight: await deps.store.inFlight(account),
        inFlightMax: provider?.traits.pacing.inFlightMax ?? null,
        callbacks: deps.isReachable && isCalledPerRequest(provider),
        callbackUrl: deps.accountAddresses.urlOf(account),
        check: provider === undefined ? null : await checkWithin(deps.clock, provider, signal),
      }
    }),
  )
}

const isCalledPerRequest = (provider: Provider | undefined): boolean =>
  ['per_request', 'both'].includes(provider?.traits.callbacks ?? '')

/** Not every adapter minds the signal: the answer waits no longer than this whatever one does. */
async function checkWithin(
  clock: Pick<Clock, 'sleep'>,
  provider: Provider,
  signal: AbortSignal,
): Promise<CredentialCheck | null> {
  const isOver = new AbortController()
  const end = async (): Promise<CredentialCheck> => {
    await clock.sleep(ANSWER_MS_MAX, isOver.signal)
    return { ok: false, detail: `no answer within ${ANSWER_MS_MAX / 1_000} s` }
  }
  try {
    return await Promise.race([checkProvider(provider, signal), end()])
  } finally {
    isOver.abort()
  }
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
