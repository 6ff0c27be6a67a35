import { viewAccounts } from './account-views.ts'
import type { HttpDeps } from './http/deps.ts'
import { createAccountAddresses } from './callbacks/account-addresses.ts'
import { lookAtJob } from './look-at-job.ts'
import type { Provider } from './providers/provider.ts'
import type { Secrets } from './secrets.ts'
import type { Store } from './store/store.ts'
import type { Clock } from './system/clock.ts'

export type AccountParts = {
  store: Store
  clock: Clock
  providers: ReadonlyMap<string, Provider>
  secrets: Pick<Secrets, 'callbackKeys'>
  /** Base of the addresses that providers call; null: they cannot reach this gateway. */
  callbackBase: string | null
}

/** What the HTTP layer asks of the providers' accounts. */
export function accountDeps(
  parts: AccountParts,
): Pick<HttpDeps, 'accountNames' | 'lookAtJob' | 'accounts' | 'accountAddresses' | 'readCallback'> {
  const { providers, secrets, callbackBase } = parts
  const accountAddresses = createAccountAddresses({
    keys: secrets.callbackKeys,
    accounts: [...providers].flatMap(([account, { traits }]) =>
      traits.callbacks === 'account' || traits.callbacks === 'both' ? [account] : [],
    ),
    base: callbackBase,
  })
  return {
    accountNames: () => [...providers.keys()],
    lookAtJob: async (job, signal) => {
      const provider = providers.get(job.account)
      return provider === undefined ? { kind: 'impossible' } : lookAtJob({ ...parts, provider }, job, signal)
    },
    accounts: (signal) =>
      viewAccounts({ ...parts, isReachable: callbackBase !== null, accountAddresses }, signal),
    accountAddresses,
    readCallback: (account, callback) =>
      providers.get(account)?.readCallback?.(callback) ?? {
        verdict: 'unsigned',
        operation: null,
        hint: 'moved',
      },
  }
}
